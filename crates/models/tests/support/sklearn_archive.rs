//! `.skops` archives: those of the golden models, and others made by tests.

use std::path::{Path, PathBuf};

pub(crate) fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/sklearn")
}

/// Members of an archive that is not damaged.
pub(crate) fn unzip(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let half = |at: usize| usize::from(u16::from_le_bytes(file[at..at + 2].try_into().unwrap()));
    let end = file.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").unwrap();
    let mut at = word(end + 16);
    let mut members = Vec::new();
    for _ in 0..half(end + 10) {
        let name = String::from_utf8(file[at + 46..at + 46 + half(at + 28)].to_vec()).unwrap();
        let local = word(at + 42);
        let start = local + 30 + half(local + 26) + half(local + 28);
        let data = &file[start..start + word(at + 20)];
        let content = match half(at + 10) {
            0 => data.to_vec(),
            _ => miniz_oxide::inflate::decompress_to_vec(data).unwrap(),
        };
        members.push((name, content));
        at += 46 + half(at + 28) + half(at + 30) + half(at + 32);
    }
    members
}

/// An archive of members, stored as skops does, or deflated.
pub(crate) fn zip(members: &[(String, Vec<u8>)], is_deflated: bool) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let data = if is_deflated { miniz_oxide::deflate::compress_to_vec(content, 6) } else { content.clone() };
        let local = file.len() as u32;
        let mut common = vec![20, 0, 0, 0, if is_deflated { 8 } else { 0 }, 0, 0, 0, 0, 0];
        for number in [crc32fast::hash(content), data.len() as u32, content.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), data.as_slice()].concat());
        directory.extend([b"PK\x01\x02\x14\x03", common.as_slice()].concat());
        directory.extend([0; 10]);
        directory.extend(local.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (file.len() as u32, (members.len() as u16).to_le_bytes());
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}
