//! Decompresses the parts of a reference file, which are encoded by [`vigie_profile::bytes`].

use std::io::Read;

pub(super) use vigie_profile::bytes::{Numbers, Reader, Writer};

/// Limit for decompressed data, far above any reference, to stop crafted files from exhausting memory.
const MAX_LEN: u64 = 1 << 30;

/// Decompresses zstd data; `None` if it is damaged or too large.
pub(super) fn decompress(packed: &[u8]) -> Option<Vec<u8>> {
    if let Ok(Some(size)) = zstd::zstd_safe::get_frame_content_size(packed) {
        // The frame states its size, so decompress in one piece. If it lies, the excess memory is never touched.
        let size = usize::try_from(size).ok().filter(|size| *size as u64 <= MAX_LEN)?;
        return zstd::bulk::decompress(packed, size).ok();
    }
    let mut bytes = Vec::new();
    zstd::stream::Decoder::new(packed).ok()?.take(MAX_LEN + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_LEN).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_length_is_rejected() {
        let packed = zstd::bulk::compress(&[7; 1_000], 1).unwrap();
        assert_eq!(decompress(&packed), Some(vec![7; 1_000]));
        assert_eq!(decompress(&packed[..packed.len() - 1]), None);
        assert_eq!(decompress(&[]), None);
        // A frame that claims more than the limit.
        let mut head = packed.clone();
        head[4] = 0xe0;
        head.splice(5..5, u64::MAX.to_le_bytes());
        assert_eq!(decompress(&head), None);
    }
}
