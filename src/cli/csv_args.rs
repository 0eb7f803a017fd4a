//! How CSV files are written, as an option of several commands.

use clap::Args;

use crate::delimited::CsvForm;

#[derive(Debug, Args)]
pub(super) struct CsvArgs {
    /// How CSV is written: `separator=` , ; | or tab, `decimal=` . or , and `encoding=` utf-8, utf-16le, utf-16be or windows-1252,
    /// such as 'separator=; decimal=,'
    #[arg(long, value_name = "FORM")]
    pub csv: Option<CsvForm>,
}
