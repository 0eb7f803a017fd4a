//! Reads the members of a ZIP archive: stored ones in place, deflated ones one at a time.
//!
//! A reader of its own, because the guarantee on memory excludes those that keep a record of hundreds of bytes per member:
//! a header takes only 46.

use std::borrow::Cow;

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF},
};

use super::refusal::{damaged, over_allowance, unsupported};
use crate::{allowance::Allowance, error::Result};

/// The first bytes of an archive that has members.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";
/// How large a member may be after decompression, unless the archive is large itself.
const INFLATED: usize = 8 << 20;

const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const CENTRAL_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;

/// An archive whose members have been located. Those that are stored have also been checked.
#[derive(Debug)]
pub(crate) struct ZipArchive<'a> {
    file: &'a [u8],
    /// Positions of the headers in the central directory, in the order of the names of members.
    headers: Vec<usize>,
}

/// A header of the central directory.
struct MemberHeader<'a> {
    name: &'a [u8],
    is_encrypted: bool,
    method: usize,
    crc: u32,
    compressed: usize,
    size: usize,
    /// Position of the local header.
    local: usize,
    /// Position of the next header.
    end: usize,
}

impl<'a> ZipArchive<'a> {
    pub(crate) fn new(file: &'a [u8], allowance: &Allowance) -> Result<Self> {
        let (count, mut at, end) = directory(file).ok_or_else(|| damaged("it has no directory of its members"))?;
        if count == 0xffff || at == 0xffff_ffff {
            return Err(unsupported("is in a ZIP64 archive, which is not read"));
        }
        if count.checked_mul(CENTRAL_LENGTH).is_none_or(|least| at.checked_add(least).is_none_or(|all| all > end)) {
            return Err(damaged("its directory is cut short"));
        }
        allowance.spend(count, size_of::<usize>()).ok_or_else(over_allowance)?;
        let mut headers = Vec::with_capacity(count);
        let mut total = 0_usize;
        for _ in 0..count {
            let header = header(file, at).filter(|header| header.end <= end);
            let header = header.ok_or_else(|| damaged("its directory is cut short"))?;
            headers.push(at);
            at = header.end;
            total = total.saturating_add(header.compressed);
            // So that the time to check and decompress them is in proportion to the file.
            if total > file.len() {
                return Err(damaged("its members overlap"));
            }
            if header.method == 0 {
                check(&header, stored(file, &header)?)?;
            }
        }
        let name = |at: &usize| header(file, *at).map(|header| header.name);
        headers.sort_unstable_by_key(name);
        if headers.windows(2).any(|pair| matches!(pair, [left, right] if name(left) == name(right))) {
            return Err(damaged("two of its members have the same name"));
        }
        Ok(Self { file, headers })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<MemberHeader<'a>> {
        let of = |at: &usize| header(self.file, *at).map(|header| header.name);
        let found = self.headers.binary_search_by(|at| of(at).cmp(&Some(name.as_bytes()))).ok();
        header(self.file, *self.headers.get(found?)?)
    }

    /// The content of a member.
    pub(crate) fn member(&self, name: &str) -> Result<Cow<'a, [u8]>> {
        let header = self.find(name).ok_or_else(|| damaged(format_args!("it has no member {name:?}")))?;
        if header.is_encrypted {
            return Err(unsupported("is in an encrypted archive"));
        }
        let data = stored(self.file, &header)?;
        match header.method {
            0 => Ok(Cow::Borrowed(data)),
            8 => {
                let content = inflate(data, header.size, self.file.len())?;
                check(&header, &content)?;
                Ok(Cow::Owned(content))
            }
            method => Err(unsupported(format_args!(
                "is compressed by a method that is not read (number {method} of ZIP); save it with \
                 `skops.io.dump(model, \"model.skops\")`, which does not compress"
            ))),
        }
    }
}

/// Number of members, and the range of the central directory.
fn directory(file: &[u8]) -> Option<(usize, usize, usize)> {
    let last = file.len().checked_sub(END_LENGTH)?;
    // A comment of up to 65,535 bytes may follow.
    let mut places = (last.saturating_sub(0xffff)..=last).rev();
    let end = places.find(|&at| {
        file.get(at..).is_some_and(|rest| rest.starts_with(END))
            && u16_at(file, at + 20) == file.len().checked_sub(at + END_LENGTH)
    })?;
    let (count, size, start) = (u16_at(file, end + 10)?, u32_at(file, end + 12)?, u32_at(file, end + 16)?);
    let is_inside = start == 0xffff_ffff || start.checked_add(size).is_some_and(|stop| stop <= end);
    is_inside.then_some((count, start, start.saturating_add(size)))
}

fn header(file: &[u8], at: usize) -> Option<MemberHeader<'_>> {
    let rest = file.get(at..)?;
    if !rest.starts_with(CENTRAL) {
        return None;
    }
    let name = u16_at(rest, 28)?;
    let length = CENTRAL_LENGTH + name + u16_at(rest, 30)? + u16_at(rest, 32)?;
    Some(MemberHeader {
        name: rest.get(CENTRAL_LENGTH..CENTRAL_LENGTH + name)?,
        is_encrypted: u16_at(rest, 8)? & 1 == 1,
        method: u16_at(rest, 10)?,
        crc: u32::try_from(u32_at(rest, 16)?).ok()?,
        compressed: u32_at(rest, 20)?,
        size: u32_at(rest, 24)?,
        local: u32_at(rest, 42)?,
        end: at.checked_add(length)?,
    })
}

/// The bytes of a member as they are in the archive.
fn stored<'a>(file: &'a [u8], header: &MemberHeader<'_>) -> Result<&'a [u8]> {
    let find = || {
        let rest = file.get(header.local..)?;
        let start = LOCAL_LENGTH + u16_at(rest, 26)? + u16_at(rest, 28)?;
        let data = rest.get(start..start.checked_add(header.compressed)?)?;
        rest.starts_with(MAGIC).then_some(data)
    };
    find().ok_or_else(|| damaged(format_args!("{} is cut short", shown(header))))
}

fn inflate(data: &[u8], size: usize, file: usize) -> Result<Vec<u8>> {
    if size > INFLATED.max(file.saturating_mul(4)) {
        return Err(unsupported(format_args!(
            "would take {size} bytes after decompression; save it with `skops.io.dump(model, \"model.skops\")`, which \
             does not compress"
        )));
    }
    let mut content = vec![0; size];
    let mut state = DecompressorOxide::new();
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    match decompress(&mut state, data, &mut content, 0, flags) {
        (TINFLStatus::Done, _, written) if written == size => Ok(content),
        _ => Err(damaged("a compressed member cannot be decompressed")),
    }
}

fn check(header: &MemberHeader<'_>, content: &[u8]) -> Result<()> {
    if content.len() != header.size || crc32fast::hash(content) != header.crc {
        return Err(damaged(format_args!("{} does not match its checksum", shown(header))));
    }
    Ok(())
}

fn shown(header: &MemberHeader<'_>) -> String {
    String::from_utf8_lossy(header.name).chars().take(40).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of one stored member, `a` with the content `hello`.
    fn archive() -> Vec<u8> {
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &crc32fast::hash(b"hello").to_le_bytes(),
            &[5, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0],
        ]
        .concat();
        let local = [MAGIC, common.as_slice(), b"ahello"].concat();
        let central = [CENTRAL, &[20, 3], common.as_slice(), &[0; 14], b"a"].concat();
        let sizes = [u32::try_from(central.len()).unwrap(), u32::try_from(local.len()).unwrap()];
        let end = [END, &[0, 0, 0, 0, 1, 0, 1, 0], &sizes[0].to_le_bytes(), &sizes[1].to_le_bytes(), &[0, 0]].concat();
        [local, central, end].concat()
    }

    fn read(file: &[u8]) -> Result<Vec<u8>> {
        let archive = ZipArchive::new(file, &Allowance::for_file(file))?;
        archive.member("a").map(Cow::into_owned)
    }

    #[test]
    fn stored_members_are_read_in_place() {
        let file = archive();
        let archive = ZipArchive::new(&file, &Allowance::for_file(&file)).unwrap();
        assert!(matches!(archive.member("a").unwrap(), Cow::Borrowed(b"hello")));
        assert!(archive.contains("a") && !archive.contains("b"));
        assert!(archive.member("b").unwrap_err().to_string().contains("it has no member \"b\""));
    }

    #[test]
    fn a_comment_may_follow() {
        let mut file = archive();
        let length = file.len();
        file[length - 2] = 3;
        file.extend(b"abc");
        assert_eq!(read(&file).unwrap(), b"hello");
    }

    #[test]
    fn every_single_change_is_refused_or_harmless() {
        let file = archive();
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                if let Ok(content) = read(&changed) {
                    assert_eq!(content, b"hello", "byte {at}, bit {bit}");
                }
            }
            assert!(read(&file[..at]).is_err(), "{at} bytes");
        }
        let flipped = read(&archive().iter().map(|byte| if *byte == b'h' { b'j' } else { *byte }).collect::<Vec<_>>());
        assert!(flipped.unwrap_err().to_string().contains("a does not match its checksum"));
    }
}
