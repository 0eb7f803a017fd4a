//! Reads a reference file with right checksums around arbitrary contents, and compares a window with it. The result must be
//! an error message or a comparison. The first bytes choose what is replaced: part, place and number of bytes.

#![no_main]

#[path = "../../tests/it/support/reference_exercise.rs"]
mod reference_exercise;
#[path = "../../tests/it/support/reference_file.rs"]
mod reference_file;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use reference_file::ReferenceFile;

static ORIGINAL: LazyLock<ReferenceFile> =
    LazyLock::new(|| ReferenceFile::open(include_bytes!("../../reference_data/home_credit/reference.vigie")));

fuzz_target!(|bytes: &[u8]| {
    let Some(([part, high, low, length], content)) = bytes.split_first_chunk().map(|(head, rest)| (*head, rest)) else {
        return;
    };
    let mut file = ORIGINAL.clone();
    let count = file.blocks.len();
    let target = match usize::from(part) % (count + 1) {
        0 => &mut file.core,
        block => &mut file.blocks[block - 1],
    };
    let at = (usize::from(high) * 256 + usize::from(low)).min(target.len());
    let end = (at + usize::from(length)).min(target.len());
    target.splice(at..end, content.iter().copied());
    let _ = reference_exercise::exercise(&file.to_bytes());
});
