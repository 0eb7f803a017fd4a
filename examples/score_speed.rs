//! Measures how fast a model scores and explains rows, on one thread:
//! `score_speed MODEL ROWS.parquet [SHAP_ROWS [KERNEL]]`.
//!
//! Loads all rows first, then times scoring alone, and prints one JSON object with medians of five runs: rows per second
//! in blocks, microseconds for a single row, and seconds for SHAP values (including the preparation of the model).
//! `benches/peers/scorer.py` compares them with the official library.

use std::{error::Error, fs::File, hint::black_box, time::Instant};

use arrow_array::ArrayRef;
use arrow_select::concat::concat;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use vigie_models::{Model, catboost::Kernel};

/// Median of five runs, in seconds.
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
    let mut model = Model::from_bytes(&model, &std::fs::read(&model)?)?;
    if let Some(name) = args.next() {
        let kernel = Kernel::available().into_iter().find(|kernel| kernel.to_string() == name);
        model.set_kernel(kernel.ok_or("this processor does not support that kernel")?);
    }
    let batches =
        ParquetRecordBatchReaderBuilder::try_new(File::open(rows)?)?.build()?.collect::<Result<Vec<_>, _>>()?;
    let columns = model.features().iter().map(|feature| {
        let parts: Vec<&dyn arrow_array::Array> =
            batches.iter().filter_map(|batch| batch.column_by_name(&feature.name)).map(AsRef::as_ref).collect();
        Ok(Some(concat(&parts)?))
    });
    let columns = columns.collect::<Result<Vec<Option<ArrayRef>>, Box<dyn Error>>>()?;
    let rows = batches.iter().map(arrow_array::RecordBatch::num_rows).sum::<usize>();
    let inputs = model.inputs(rows, &columns)?;
    let mut raw = vec![0.0; rows * model.output_count()];

    // Includes `Model::inputs`, as hashing levels is part of scoring.
    let blocks = median(|| {
        let inputs = model.inputs(rows, &columns)?;
        model.predict_raw(&inputs, 0..rows, &mut raw)?;
        black_box(&raw);
        Ok(())
    })?;
    let outputs = model.output_count();
    let mut one = vec![0.0; outputs];
    let single = 2_000.min(rows);
    let singles = median(|| {
        for row in 0..single {
            model.predict_raw(&inputs, row..row + 1, &mut one)?;
            black_box(&one);
        }
        Ok(())
    })?;
    // As in a service: each row is prepared and scored on its own.
    let whole_single = 200.min(rows);
    let whole_singles = median(|| {
        for row in 0..whole_single {
            let columns: Vec<_> = columns.iter().map(|c| c.as_ref().map(|c| c.slice(row, 1))).collect();
            model.predict_raw(&model.inputs(1, &columns)?, 0..1, &mut one)?;
            black_box(&one);
        }
        Ok(())
    })?;
    let shap_rows = shap_rows.min(rows);
    let mut prepared = 0.0;
    let mut gap = 0.0;
    let mut sums = vec![0.0; shap_rows * outputs];
    let shap_seconds = median(|| {
        let start = Instant::now();
        let explainer = model.explainer()?;
        prepared = start.elapsed().as_secs_f64();
        let mut values = vec![0.0; shap_rows * explainer.width()];
        explainer.values(&model, &inputs, 0..shap_rows, &mut values)?;
        explainer.sums(&model, &inputs, 0..shap_rows, &mut sums)?;
        gap = explainer.gap(&model, &values, &sums);
        black_box(&values);
        Ok(())
    })?;
    println!(
        "{{\"kernel\":\"{}\",\"rows\":{rows},\"rows_per_second\":{:.0},\"one_row_us\":{:.2},\"one_row_with_columns_us\":{:.2},\
         \"shap_rows\":{shap_rows},\"shap_seconds\":{shap_seconds:.4},\"shap_prepare_seconds\":{prepared:.4},\
         \"shap_gap\":{gap:e},\"checksum\":\"{:016x}\"}}",
        model.kernel().map_or_else(String::new, |kernel| kernel.to_string()),
        rows as f64 / blocks,
        singles / single as f64 * 1e6,
        whole_singles / whole_single as f64 * 1e6,
        raw.iter().fold(0_u64, |sum, value| sum.rotate_left(1) ^ value.to_bits()),
    );
    Ok(())
}
