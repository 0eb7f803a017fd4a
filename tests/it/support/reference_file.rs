//! The parts of a reference file, and a file of them with right checksums whatever they contain.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

/// A file taken apart.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceFile {
    pub header: String,
    /// Edges, counts, sums and levels, without compression.
    pub core: Vec<u8>,
    /// The value blocks, without compression; empty for categorical features.
    pub blocks: Vec<Vec<u8>>,
}

const HEAD: usize = 36;

fn word(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

/// LEB128.
fn length(bytes: &[u8]) -> (usize, usize) {
    let end = bytes.iter().position(|byte| *byte < 0x80).unwrap();
    let value = bytes[..=end].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, end + 1)
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() { Vec::new() } else { zstd::bulk::compress(bytes, 1).unwrap() }
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() { Vec::new() } else { zstd::stream::decode_all(bytes).unwrap() }
}

impl ReferenceFile {
    pub(crate) fn open(file: &[u8]) -> Self {
        let (at, size) = (word(file, 12), word(file, 20));
        let core = unpack(&file[at..at + size]);
        let (text, start) = length(&core);
        let header = String::from_utf8(core[start..start + text].to_vec()).unwrap();
        let mut next = HEAD;
        let sizes: Value = serde_json::from_str(&header).unwrap();
        let sizes = sizes["blocks"].as_array().unwrap().iter().map(|block| block[0].as_u64().unwrap() as usize);
        let blocks = sizes.map(|size| {
            next += size;
            unpack(&file[next - size..next])
        });
        Self { core: core[start + text..].to_vec(), blocks: blocks.collect(), header }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let blocks: Vec<Vec<u8>> = self.blocks.iter().map(|block| pack(block)).collect();
        let sums: Vec<String> = blocks.iter().map(|block| format!("[{},{}]", block.len(), xxh3_64(block))).collect();
        // As text: a changed header is not always JSON.
        let (before, _) = self.header.rsplit_once("\"blocks\":").unwrap_or((&self.header, ""));
        let header = format!("{before}\"blocks\":[{}]}}", sums.join(","));
        let mut core = Vec::new();
        let mut size = header.len();
        while size >= 0x80 {
            core.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        core.push(size as u8);
        core.extend(header.as_bytes());
        core.extend(&self.core);
        let core = pack(&core);
        let mut file = b"VIGIEREF\x03\0\0\0".to_vec();
        let at = HEAD + blocks.iter().map(Vec::len).sum::<usize>();
        for number in [at as u64, core.len() as u64, xxh3_64(&core)] {
            file.extend(number.to_le_bytes());
        }
        blocks.iter().for_each(|block| file.extend(block));
        file.extend(core);
        file
    }
}
