//! The rows of the example and a model: windows drawn from them, changed, and compared by leaf.

use std::{fs, path::PathBuf, sync::LazyLock};

use vigie::{
    reference::{TrainingValues, read_table},
    replay::{LeafBaseline, LeafCounts, LeafDrift, model_inputs},
};
use vigie_models::{LeafTree, Model};

use super::{boosted::depthwise_model, draw::Draw, lab::Data};

/// Columns by name.
pub(crate) type Table = Vec<(String, Data)>;

fn home_credit(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name)).unwrap()
}

/// The hold-out rows of the example, with the target.
fn example_table() -> Table {
    let table = read_table("reference.parquet", home_credit("reference.parquet"), vigie::delimited::CsvForm::default())
        .unwrap();
    let data = |values| match values {
        TrainingValues::Numbers(numbers) => Data::Numbers(numbers),
        TrainingValues::Texts(texts) => Data::Texts(texts),
        _ => panic!("not a feature"),
    };
    table.columns.into_iter().map(|column| (column.name, data(column.values))).collect()
}

pub(crate) struct LeafLab {
    model: Model,
    trees: Vec<LeafTree>,
    /// The columns of the model's features.
    table: Table,
    /// For each tree, the leaf of each row.
    leaves: Vec<Vec<u32>>,
    rows: usize,
}

impl LeafLab {
    /// The model of the example.
    pub(crate) fn example() -> &'static Self {
        static EXAMPLE: LazyLock<LeafLab> = LazyLock::new(|| {
            let model = Model::from_bytes("model.cbm", &home_credit("model.cbm")).unwrap();
            LeafLab::new(model, &example_table())
        });
        &EXAMPLE
    }

    /// A model of depthwise trees, trained on the same rows.
    pub(crate) fn depthwise(features: &[&str]) -> Self {
        let table = example_table();
        let numbers = |name: &str| match table.iter().find(|(own, _)| own == name) {
            Some((_, Data::Numbers(numbers))) => numbers.as_slice(),
            _ => panic!("{name} is not a number"),
        };
        let columns: Vec<(&str, &[f64])> = features.iter().map(|name| (*name, numbers(name))).collect();
        let json = depthwise_model(&columns, numbers("TARGET"));
        Self::new(Model::from_bytes("depthwise.json", json.as_bytes()).unwrap(), &table)
    }

    fn new(model: Model, table: &[(String, Data)]) -> Self {
        let column = |name: &String| table.iter().find(|(own, _)| own == name).unwrap().clone();
        let table: Table = model.features().iter().map(|feature| column(&feature.name)).collect();
        let trees = model.leaf_trees().unwrap();
        let rows = table[0].1.len();
        let leaves = leaves(&model, &table);
        Self { model, trees, table, leaves, rows }
    }

    /// Draws rows with replacement: a sample of a population that these rows are all of.
    pub(crate) fn draw(&self, rows: usize, draw: &mut Draw) -> Vec<usize> {
        (0..rows).map(|_| draw.below(self.rows)).collect()
    }

    /// Rows as they are.
    pub(crate) fn counts(&self, rows: &[usize]) -> LeafCounts {
        let mut counts = LeafCounts::empty(&self.trees);
        for (tree, leaves) in self.leaves.iter().enumerate() {
            counts.observe(tree, rows.iter().map(|row| leaves[*row]));
        }
        counts
    }

    /// A copy of rows, to be changed.
    pub(crate) fn window(&self, rows: &[usize]) -> Table {
        let pick = |data: &Data| match data {
            Data::Numbers(numbers) => Data::Numbers(rows.iter().map(|row| numbers[*row]).collect()),
            Data::Texts(texts) => Data::Texts(rows.iter().map(|row| texts[*row].clone()).collect()),
        };
        self.table.iter().map(|(name, data)| (name.clone(), pick(data))).collect()
    }

    /// Rows that were changed.
    pub(crate) fn counts_of(&self, window: &[(String, Data)]) -> LeafCounts {
        let mut counts = LeafCounts::empty(&self.trees);
        for (tree, leaves) in leaves(&self.model, window).into_iter().enumerate() {
            counts.observe(tree, leaves);
        }
        counts
    }

    /// Learns a reference of these rows.
    pub(crate) fn baseline(&self, rows: &[usize]) -> LeafBaseline {
        let learnt = LeafBaseline::learn(&self.model, &self.trees, self.counts(rows), |poolings| {
            let cells = |row: &usize| -> Vec<u8> {
                let trees = poolings.iter().zip(&self.leaves);
                trees.map(|(pooling, leaves)| pooling.cell(leaves[*row] as usize).unwrap()).collect()
            };
            Ok(rows.iter().take(20_000).flat_map(cells).collect())
        });
        LeafBaseline::new(&self.model, learnt.unwrap().unwrap()).unwrap()
    }

    pub(crate) fn compare(&self, baseline: &LeafBaseline, counts: &LeafCounts) -> LeafDrift {
        baseline.compare(counts, |feature| self.model.features()[feature].name.clone()).unwrap()
    }
}

/// For each tree, the leaf of each row.
fn leaves(model: &Model, table: &[(String, Data)]) -> Vec<Vec<u32>> {
    let rows = table[0].1.len();
    let inputs = model_inputs(model, rows, table.iter().map(|(_, data)| Some(data.array())), &[]).unwrap();
    let mut leaves = vec![Vec::with_capacity(rows); model.leaf_trees().unwrap().len()];
    let mut raw = vec![0.0; rows];
    model
        .predict_raw_with_leaves(&inputs, 0..rows, &mut raw, &mut |tree, _, own| leaves[tree].extend_from_slice(own))
        .unwrap();
    leaves
}

/// The numbers of a feature.
pub(crate) fn numbers<'w>(window: &'w mut [(String, Data)], name: &str) -> &'w mut Vec<f64> {
    match window.iter_mut().find(|(own, _)| own == name) {
        Some((_, Data::Numbers(numbers))) => numbers,
        _ => panic!("{name} is not a number"),
    }
}

/// Gives the values of a feature to other rows.
pub(crate) fn permute(window: &mut [(String, Data)], name: &str, draw: &mut Draw) {
    match window.iter_mut().find(|(own, _)| own == name) {
        Some((_, Data::Numbers(numbers))) => draw.shuffle(numbers),
        Some((_, Data::Texts(texts))) => draw.shuffle(texts),
        None => panic!("no feature {name}"),
    }
}
