//! How CSV is written (separator, decimal sign, encoding): stated by the user, or detected from the first bytes of a file; and
//! reading it as UTF-8 with decimal points. Spreadsheets are recognised, which have to be converted to it. It opens no file.

mod decimal;
mod decode;
mod detect;
mod form;
mod spreadsheet;

pub use decimal::with_point;
pub use decode::{WrongEncoding, decoded};
pub use detect::DetectedCsv;
pub use form::{CsvForm, DecimalSign, Separator, TextEncoding};
pub use spreadsheet::{conversion, is_named_spreadsheet, is_spreadsheet};
