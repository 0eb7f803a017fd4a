//! How fast a model scores and explains: `score_speed MODEL ROWS.parquet|ROWS.arrow [shap rows]`, one thread.
//!
//! Loads all rows first, then times scoring alone, and prints one JSON object with rows per second (medians of five):
//! whole columns in blocks, one row at a time, SHAP values (preparing the model included). `benches/peers/scorer.py`
//! compares with the official library.

use std::{error::Error, fs::File, hint::black_box, time::Instant};

use arrow_array::ArrayRef;
use arrow_select::concat::concat;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use vigie_models::{Forest, Inputs, Kernel, Shap};

/// Seconds, the median of five.
fn median(mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let mut seconds = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        work()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds.get(2).copied().unwrap_or(f64::NAN))
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(rows)) = (args.next(), args.next()) else {
        return Err("usage: score_speed MODEL ROWS.parquet [SHAP_ROWS [KERNEL]]".into());
    };
    let shap_rows: usize = args.next().map_or(Ok(10_000), |rows| rows.parse())?;
    let mut forest = Forest::from_bytes(&model, &std::fs::read(&model)?)?;
    if let Some(name) = args.next() {
        let kernel = Kernel::here().into_iter().find(|kernel| kernel.to_string() == name);
        forest.choose(kernel.ok_or("this processor has no such kernel")?);
    }
    let batches =
        ParquetRecordBatchReaderBuilder::try_new(File::open(rows)?)?.build()?.collect::<Result<Vec<_>, _>>()?;
    let columns = forest.features().iter().map(|feature| {
        let parts: Vec<&dyn arrow_array::Array> =
            batches.iter().filter_map(|batch| batch.column_by_name(&feature.name)).map(AsRef::as_ref).collect();
        Ok(Some(concat(&parts)?))
    });
    let columns = columns.collect::<Result<Vec<Option<ArrayRef>>, Box<dyn Error>>>()?;
    let rows = batches.iter().map(arrow_array::RecordBatch::num_rows).sum::<usize>();
    let inputs = Inputs::new(&forest, rows, &columns)?;
    let mut raw = vec![0.0; rows * forest.outputs()];

    // Levels are hashed when columns are taken up: that is part of scoring.
    let blocks = median(|| {
        let inputs = Inputs::new(&forest, rows, &columns)?;
        forest.raw(&inputs, 0..rows, &mut raw)?;
        black_box(&raw);
        Ok(())
    })?;
    let outputs = forest.outputs();
    let mut one = vec![0.0; outputs];
    let single = 2_000.min(rows);
    let singles = median(|| {
        for row in 0..single {
            forest.raw(&inputs, row..row + 1, &mut one)?;
            black_box(&one);
        }
        Ok(())
    })?;
    // As a service would: one row's columns, taken up and scored.
    let whole_single = 200.min(rows);
    let whole_singles = median(|| {
        for row in 0..whole_single {
            let columns: Vec<_> = columns.iter().map(|c| c.as_ref().map(|c| c.slice(row, 1))).collect();
            forest.raw(&Inputs::new(&forest, 1, &columns)?, 0..1, &mut one)?;
            black_box(&one);
        }
        Ok(())
    })?;
    let shap_rows = shap_rows.min(rows);
    let mut prepared = 0.0;
    let mut gap = 0.0;
    let shap_seconds = median(|| {
        let start = Instant::now();
        let shap = Shap::new(&forest)?;
        prepared = start.elapsed().as_secs_f64();
        let mut values = vec![0.0; shap_rows * shap.width()];
        shap.values(&forest, &inputs, 0..shap_rows, &mut values)?;
        gap = shap.gap(&forest, &values, raw.get(..shap_rows * outputs).unwrap_or_default());
        black_box(&values);
        Ok(())
    })?;
    println!(
        "{{\"kernel\":\"{}\",\"rows\":{rows},\"rows_per_second\":{:.0},\"one_row_us\":{:.2},\"one_row_with_columns_us\":{:.2},\
         \"shap_rows\":{shap_rows},\"shap_seconds\":{shap_seconds:.4},\"shap_prepare_seconds\":{prepared:.4},\
         \"shap_gap\":{gap:e},\"checksum\":\"{:016x}\"}}",
        forest.kernel(),
        rows as f64 / blocks,
        singles / single as f64 * 1e6,
        whole_singles / whole_single as f64 * 1e6,
        raw.iter().fold(0_u64, |sum, value| sum.rotate_left(1) ^ value.to_bits()),
    );
    Ok(())
}
