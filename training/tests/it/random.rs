//! Random raw tables with all declared levels, missing cells, sentinels and zeros as divisors.

use vigie_prepare::spec::{CellKind, RawTable};

use super::raw::{Cell, RawRow, RawTables, declared};

/// A small generator of pseudo-random numbers; the same seed gives the same tables on every machine.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn row(table: &RawTable, keys: &[(&str, usize)], draw: &mut Draw) -> RawRow {
    let mut row = RawRow::new();
    for (name, key) in keys {
        row.insert((*name).to_owned(), Cell::Number(*key as f64));
    }
    for column in &table.columns {
        let cell = match column.kind {
            CellKind::Key => continue,
            CellKind::Number if column.name == "MONTHS_BALANCE" => Cell::Number(-(draw.below(40) as f64)),
            CellKind::Number if draw.below(8) == 0 => continue,
            CellKind::Number if column.sentinel.is_some() && draw.below(5) == 0 => {
                Cell::Number(column.sentinel.unwrap_or_default())
            }
            CellKind::Number if draw.below(6) == 0 => Cell::Number(0.0),
            CellKind::Number => Cell::Number((draw.unit() - 0.3) * 10_f64.powi(draw.below(6) as i32)),
            CellKind::Whole | CellKind::Flag => Cell::Number(draw.below(2) as f64),
            CellKind::YesNo => Cell::from(if draw.below(2) == 0 { "Y" } else { "N" }),
            CellKind::Text(_) if draw.below(9) == 0 => continue,
            CellKind::Text(levels) => {
                let texts: Vec<&str> = levels
                    .iter()
                    .filter(|level| !table.renamed.iter().any(|(_, to)| to == *level))
                    .chain(table.missing_texts)
                    .copied()
                    .chain(table.renamed.iter().map(|(from, _)| *from))
                    .collect();
                Cell::from(texts[draw.below(texts.len())])
            }
        };
        row.insert(column.name.clone(), cell);
    }
    row
}

/// Tables of clients 1, 2, …, some without credits or previous applications, some of these without inner rows.
pub(crate) fn tables(clients: usize, seed: u64) -> RawTables {
    let mut draw = Draw(seed);
    let tables = declared();
    let mut out = RawTables::default();
    let (mut credit, mut loan) = (0, 0);
    for id in 1..=clients {
        for table in &tables {
            let outer = match table.name {
                "application" => 1,
                "bureau" | "previous_application" if draw.below(6) == 0 => 0,
                "bureau" | "previous_application" => 1 + draw.below(4),
                _ => continue,
            };
            for _ in 0..outer {
                let (key, number) = match table.name {
                    "bureau" => ("SK_ID_BUREAU", &mut credit),
                    _ => ("SK_ID_PREV", &mut loan),
                };
                *number += 1;
                // Keys do not follow the order of clients.
                let own = (*number * 7_919) % 1_000_003;
                let keys = [("SK_ID_CURR", id), (key, own)];
                let keys = if table.name == "application" { &keys[..1] } else { &keys[..] };
                let cells = row(table, keys, &mut draw);
                out.rows.entry(table.name).or_default().push(cells);
                for inner in &table.inner {
                    let rows = if draw.below(3) == 0 { 0 } else { 1 + draw.below(12) };
                    for _ in 0..rows {
                        let cells = row(inner, &[(key, own)], &mut draw);
                        out.rows.entry(inner.name).or_default().push(cells);
                    }
                }
            }
        }
    }
    out
}

/// The rows of every table in another order.
pub(crate) fn shuffled(tables: &RawTables, seed: u64) -> RawTables {
    let mut draw = Draw(seed);
    let mut out = tables.clone();
    for rows in out.rows.values_mut() {
        for last in (1..rows.len()).rev() {
            rows.swap(last, draw.below(last + 1));
        }
    }
    out
}

/// Only the rows of these clients, in all tables.
pub(crate) fn only(tables: &RawTables, keep: impl Fn(usize) -> bool) -> RawTables {
    let number = |row: &RawRow, name: &str| match row.get(name) {
        Some(Cell::Number(value)) => Some(*value as usize),
        _ => None,
    };
    let mut out = tables.clone();
    for table in ["application", "bureau", "previous_application"] {
        out.rows.entry(table).or_default().retain(|row| number(row, "SK_ID_CURR").is_some_and(&keep));
    }
    for (outer, key) in [("bureau", "SK_ID_BUREAU"), ("previous_application", "SK_ID_PREV")] {
        let kept: Vec<usize> = out.rows[outer].iter().filter_map(|row| number(row, key)).collect();
        for table in declared().iter().filter(|table| table.name != outer && table.key == key) {
            let rows = out.rows.entry(table.name).or_default();
            rows.retain(|row| number(row, key).is_some_and(|key| kept.contains(&key)));
        }
    }
    out
}
