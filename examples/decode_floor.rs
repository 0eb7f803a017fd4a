//! Lower bound for any monitor that reads Parquet: decodes the columns on all threads and computes nothing.
//!
//! `decode_floor FILE [THREADS]` reads all columns named `f` or `c` and a number. A unit of work is 16 columns of a row
//! group.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap();
    let threads =
        args.next().map_or_else(|| std::thread::available_parallelism().unwrap().get(), |n| n.parse().unwrap());
    let started = Instant::now();
    let plain = ArrowReaderMetadata::load(&File::open(&path).unwrap(), ArrowReaderOptions::new()).unwrap();
    let keyed = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Arc::new(
            Field::clone(field)
                .with_data_type(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))),
        ),
        _ => field.clone(),
    };
    let schema = Arc::new(Schema::new(plain.schema().fields().iter().map(keyed).collect::<Vec<_>>()));
    let wanted: Vec<usize> = (0..schema.fields().len())
        .filter(|column| {
            let name = schema.field(*column).name();
            name.starts_with(['f', 'c']) && name[1..].chars().all(|letter| letter.is_ascii_digit())
        })
        .collect();
    let options = ArrowReaderOptions::new().with_schema(schema);
    let metadata = ArrowReaderMetadata::try_new(plain.metadata().clone(), options).unwrap();
    let work: Vec<(usize, &[usize])> = (0..metadata.metadata().num_row_groups())
        .flat_map(|group| wanted.chunks(16).map(move |columns| (group, columns)))
        .collect();
    let (next, rows) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((group, columns)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
                    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
                        File::open(&path).unwrap(),
                        metadata.clone(),
                    )
                    .with_projection(mask)
                    .with_row_groups(vec![*group])
                    .with_batch_size(8_192)
                    .build()
                    .unwrap();
                    for batch in reader {
                        rows.fetch_add(batch.unwrap().num_rows() * columns.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    println!("{} values in {:.3} s", rows.into_inner(), started.elapsed().as_secs_f64());
}
