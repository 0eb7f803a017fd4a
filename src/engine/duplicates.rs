//! Records with the same id: the first by timestamp and content hash counts, regardless of order and file. Inputs and
//! outputs that are two events of one id are joined instead.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use arrow_array::{Array, ArrayRef, DictionaryArray, cast::AsArray, types::Int32Type};
use vigie_profile::batch::{Records, for_each_number};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use super::{
    events::{EventOutputs, EventPart, join, parts},
    sift::Keep,
};

/// Collects a 64-bit hash of each record's id, to detect ids that occur twice.
pub(super) fn short_hashes(records: &Records, hashes: &mut Vec<u64>) {
    if let Some(ids) = &records.id {
        hashes.extend(ids.iter().flatten().map(|id| xxh3_64(id.as_bytes())));
    }
}

/// Hashes that occur at least twice. Two ids may share 64 bits; [`Duplicates`] uses 128.
///
/// Each thread takes the hashes with certain leading bits, in parts that stay in its cache.
pub(super) fn repeated(hashes: &[Vec<u64>], threads: usize) -> HashSet<u64> {
    const PARTS: usize = 256;
    let part_of = |hash: u64| (hash >> 56) as usize;
    let twice = Mutex::new(HashSet::new());
    let work = |own: std::ops::Range<usize>| {
        let rows: usize = hashes.iter().map(Vec::len).sum();
        let mut parts: Vec<Vec<u64>> =
            own.clone().map(|_| Vec::with_capacity((rows / PARTS).saturating_add(rows / PARTS / 8))).collect();
        for hash in hashes.iter().flatten() {
            if let Some(part) = part_of(*hash).checked_sub(own.start).and_then(|part| parts.get_mut(part)) {
                part.push(*hash);
            }
        }
        let mut found = Vec::new();
        let mut buckets = Buckets::default();
        for part in parts {
            buckets.repeated(&part, &mut found);
        }
        twice.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    };
    let each = PARTS.div_ceil(threads.max(1));
    std::thread::scope(|scope| {
        for from in (each..PARTS).step_by(each) {
            scope.spawn(move || work(from..(from + each).min(PARTS)));
        }
        work(0..each.min(PARTS));
    });
    twice.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Reusable buffers for finding equal hashes.
#[derive(Default)]
struct Buckets {
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

impl Buckets {
    /// Adds to `found` the hashes that occur at least twice among hashes with the same first eight bits. They are
    /// distributed over buckets by the following bits, so that nearly every bucket has one hash. Larger buckets are
    /// sorted, so that no choice of ids makes it slow.
    fn repeated(&mut self, part: &[u64], found: &mut Vec<u64>) {
        let bits = part.len().max(2).ilog2().min(16);
        #[expect(clippy::cast_possible_truncation, reason = "16 bits at most")]
        let bucket = |hash: u64| (hash << 8 >> (64 - bits)) as usize;
        self.ends.clear();
        self.ends.resize((1 << bits) + 1, 0);
        for hash in part {
            if let Some(end) = self.ends.get_mut(bucket(*hash) + 1) {
                *end += 1;
            }
        }
        let mut before = 0;
        for end in &mut self.ends {
            before += *end;
            *end = before;
        }
        self.hashes.clear();
        self.hashes.resize(part.len(), 0);
        // `ends` holds the start of each bucket, and once the bucket is full, its end.
        for hash in part {
            if let Some(place) = self.ends.get_mut(bucket(*hash)) {
                if let Some(free) = self.hashes.get_mut(*place) {
                    *free = *hash;
                }
                *place += 1;
            }
        }
        let mut from = 0;
        for end in &self.ends {
            let near = self.hashes.get_mut(from..*end).unwrap_or_default();
            from = *end;
            if near.len() > 1 {
                near.sort_unstable();
                let pairs = near.windows(2).filter(|pair| pair.first() == pair.last());
                found.extend(pairs.filter_map(|pair| pair.first().copied()));
            }
        }
    }
}

/// For each duplicate id, the record that counts.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    least: HashMap<u128, (i64, u128)>,
    /// The first record of each id that has inputs without a score, and the first that has a score without inputs.
    inputs: HashMap<u128, (i64, u128)>,
    outputs: HashMap<u128, ((i64, u128), EventOutputs)>,
    /// Ids with a record that has both.
    whole: HashSet<u128>,
}

impl Duplicates {
    /// Whether no id occurs twice.
    pub(super) fn is_empty(&self) -> bool {
        self.least.is_empty()
    }

    /// Remembers the first of the records whose id may occur twice.
    pub(super) fn observe(&mut self, records: &Records, repeated: &HashSet<u64>) {
        let Some(ids) = &records.id else { return };
        let rows: Vec<usize> = (0..records.len)
            .filter(|row| ids.is_valid(*row) && repeated.contains(&xxh3_64(ids.value(*row).as_bytes())))
            .collect();
        if rows.is_empty() {
            return;
        }
        for ((row, content), part) in rows.iter().zip(contents(records, &rows)).zip(parts(records, &rows)) {
            let order = (records.timestamp.get(*row).copied().unwrap_or(i64::MAX), content);
            let id = xxh3_128(ids.value(*row).as_bytes());
            keep_least(&mut self.least, id, order);
            match part {
                EventPart::Both => {
                    self.whole.insert(id);
                }
                EventPart::Inputs => keep_least(&mut self.inputs, id, order),
                EventPart::Outputs => self.keep_outputs(id, (order, EventOutputs::new(records, *row))),
                EventPart::Neither => {}
            }
        }
    }

    fn keep_outputs(&mut self, id: u128, outputs: ((i64, u128), EventOutputs)) {
        match self.outputs.get_mut(&id) {
            Some(least) if least.0 <= outputs.0 => {}
            Some(least) => *least = outputs,
            None => {
                self.outputs.insert(id, outputs);
            }
        }
    }

    /// Joins inputs with the outputs of the same id, once all records are known.
    pub(super) fn join_events(&mut self) {
        let (inputs, whole) = (std::mem::take(&mut self.inputs), std::mem::take(&mut self.whole));
        self.outputs.retain(|id, _| inputs.contains_key(id) && !whole.contains(id));
        #[expect(clippy::iter_over_hash_type, reason = "ids are independent of each other")]
        for id in self.outputs.keys() {
            self.least.extend(inputs.get(id).map(|order| (*id, *order)));
        }
    }

    /// Keeps the first record of both sides for each id.
    pub(super) fn merge(&mut self, other: &Self) {
        #[expect(clippy::iter_over_hash_type, reason = "the least of each id does not depend on the order")]
        for (id, order) in &other.least {
            keep_least(&mut self.least, *id, *order);
        }
        #[expect(clippy::iter_over_hash_type, reason = "the least of each id does not depend on the order")]
        for (id, order) in &other.inputs {
            keep_least(&mut self.inputs, *id, *order);
        }
        #[expect(clippy::iter_over_hash_type, reason = "the least of each id does not depend on the order")]
        for (id, outputs) in &other.outputs {
            self.keep_outputs(*id, outputs.clone());
        }
        self.whole.extend(&other.whole);
    }
}

/// Returns whether a record is a part of a request whose events are joined, and not a repetition of one.
fn is_part(part: Option<&EventPart>, is_least: bool) -> bool {
    match part {
        Some(EventPart::Outputs) => is_least,
        Some(EventPart::Neither) => true,
        Some(EventPart::Both | EventPart::Inputs) | None => false,
    }
}

fn keep_least(least: &mut HashMap<u128, (i64, u128)>, id: u128, order: (i64, u128)) {
    let least = least.entry(id).or_insert(order);
    *least = order.min(*least);
}

/// Selects the records of one pass that count. Identical records are indistinguishable, so it does not matter which one
/// is kept: it is the first that is read.
#[derive(Debug)]
pub(super) struct DuplicateFilter<'a> {
    duplicates: &'a Duplicates,
    taken: Mutex<HashSet<u128>>,
}

impl<'a> DuplicateFilter<'a> {
    pub(super) fn new(duplicates: &'a Duplicates) -> Self {
        Self { duplicates, taken: Mutex::default() }
    }

    /// By row, whether it counts; `None`: all rows count. Adds outputs to inputs that another event has them of.
    pub(super) fn apply(&self, records: &mut Records) -> Option<Vec<Keep>> {
        let ids = records.id.as_ref().filter(|_| !self.duplicates.is_empty())?;
        let hash = |row: usize| ids.is_valid(row).then(|| xxh3_128(ids.value(row).as_bytes()));
        let rows: Vec<usize> = (0..records.len)
            .filter(|row| hash(*row).is_some_and(|id| self.duplicates.least.contains_key(&id)))
            .collect();
        if rows.is_empty() {
            return None;
        }
        let mut keeps = vec![Keep::Row; records.len];
        let mut outputs = Vec::new();
        let parts = if self.duplicates.outputs.is_empty() { Vec::new() } else { parts(records, &rows) };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, (row, content)) in rows.iter().zip(contents(records, &rows)).enumerate() {
            let order = (records.timestamp.get(*row).copied().unwrap_or(i64::MAX), content);
            let Some(id) = hash(*row) else { continue };
            let joined = self.duplicates.outputs.get(&id);
            let Some(keep) = keeps.get_mut(*row) else { continue };
            *keep = if self.duplicates.least.get(&id) == Some(&order) && taken.insert(id) {
                outputs.extend(joined.map(|(_, joined)| (*row, joined)));
                Keep::Row
            } else if joined.is_some_and(|(least, _)| is_part(parts.get(place), *least == order)) {
                Keep::Joined
            } else {
                Keep::Duplicate
            };
        }
        drop(taken);
        if !outputs.is_empty() {
            join(records, &outputs);
        }
        Some(keeps)
    }
}

/// 128-bit hash of everything decoded of each row except its time; the same for every format of a log.
pub(super) fn contents(records: &Records, rows: &[usize]) -> Vec<u128> {
    let mut hashers = vec![Xxh3::new(); rows.len()];
    let mut number = |column: Option<&ArrayRef>| match column {
        Some(column) => {
            let mut values = Vec::with_capacity(column.len());
            for_each_number(column.as_ref(), &mut |value| values.push(value));
            for (hasher, row) in hashers.iter_mut().zip(rows) {
                let value = values.get(*row).copied().unwrap_or(f64::NAN);
                let bits = if value.is_nan() { u64::MAX } else { (value + 0.0).to_bits() };
                hasher.update(&bits.to_le_bytes());
            }
        }
        None => hashers.iter_mut().for_each(|hasher| hasher.update(&u64::MAX.to_le_bytes())),
    };
    let floats =
        |column: &Option<arrow_array::Float64Array>| column.clone().map(|c| std::sync::Arc::new(c) as ArrayRef);
    number(floats(&records.probability).as_ref());
    records.classes.iter().for_each(|class| number(floats(class).as_ref()));
    number(floats(&records.latency_ms).as_ref());
    number(records.status.clone().map(|c| std::sync::Arc::new(c) as ArrayRef).as_ref());
    number(records.error.clone().map(|c| std::sync::Arc::new(c) as ArrayRef).as_ref());
    for column in &records.features {
        match column.as_ref().and_then(|column| column.as_dictionary_opt::<Int32Type>()) {
            None => number(column.as_ref()),
            Some(levels) => {
                // Hash each text to a number, so that levels are handled like numbers.
                let hashed = level_hashes(levels);
                number(Some(&hashed));
            }
        }
    }
    for (hasher, row) in hashers.iter_mut().zip(rows) {
        for texts in [&records.decision, &records.model_version].into_iter().flatten() {
            let text = if texts.is_valid(*row) { texts.value(*row) } else { "" };
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hashers.iter().map(Xxh3::digest128).collect()
}

fn level_hashes(levels: &DictionaryArray<Int32Type>) -> ArrayRef {
    let names = levels.values().as_string::<i32>();
    #[expect(clippy::cast_precision_loss, reason = "53 bits of a hash are a hash")]
    let of_name: Vec<Option<f64>> =
        names.iter().map(|name| name.map(|name| (xxh3_64(name.as_bytes()) >> 11) as f64)).collect();
    let of_row = levels.keys().iter().map(|key| of_name.get(usize::try_from(key?).ok()?).copied().flatten());
    std::sync::Arc::new(of_row.collect::<arrow_array::Float64Array>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn repeated_hashes_are_found_with_any_number_of_threads(
            hashes in prop::collection::vec(
                prop::collection::vec(prop_oneof![any::<u64>(), 0u64..40, (0u64..40).prop_map(|low| low << 56 | 7), Just(u64::MAX)], 0..300),
                0..4,
            ),
        ) {
            let mut seen = HashSet::new();
            let expected: HashSet<u64> = hashes.iter().flatten().copied().filter(|hash| !seen.insert(*hash)).collect();
            for threads in 1..4 {
                prop_assert_eq!(&repeated(&hashes, threads), &expected);
            }
        }
    }
}
