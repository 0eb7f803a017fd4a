//! Merging profiles is a commutative monoid, and counts do not depend on the order of rows.

use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, DictionaryArray, Float64Array};
use proptest::prelude::*;
use vigie::reference::Reference;
use vigie_profile::{batch::Rows, layout::Layout, profile::Profile};

use crate::support::lab::{Data, learnt};

fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let rows = 2_000;
        let number = |scale: f64| (0..rows).map(|row| (f64::from(row) * 0.37).sin() * scale).collect();
        let levels = (0..rows).map(|row| (row % 9 != 0).then(|| format!("level {}", row % 5))).collect();
        learnt(&[
            ("x".to_owned(), Data::Numbers(number(1e7))),
            ("level".to_owned(), Data::Texts(levels)),
            ("p".to_owned(), Data::Numbers(number(0.5).into_iter().map(|p: f64| p + 0.5).collect())),
        ])
    })
}

fn layout() -> &'static Layout {
    reference().layout()
}

type Row = (f64, Option<String>, f64);

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![4 => -2e7..2e7, 1 => prop::num::f64::ANY];
    let level = prop::option::of(prop_oneof![Just("level 1".to_owned()), Just("level 3".to_owned()), "[a-c]{1,2}"]);
    (number, level, 0.0..=1.0)
}

fn profile(rows: &[Row]) -> Profile {
    let x: ArrayRef = Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let levels = rows.iter().map(|row| row.1.as_deref()).collect::<DictionaryArray<arrow_array::types::Int32Type>>();
    let mut profile = Profile::empty(layout());
    profile.observe(
        &Rows {
            len: rows.len(),
            features: vec![Some(x), Some(Arc::new(levels))],
            probability: Some(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
            ..Rows::default()
        },
        layout(),
        0.5,
    );
    profile
}

fn merged(parts: &[&Profile]) -> Profile {
    let mut all = Profile::empty(layout());
    parts.iter().for_each(|part| all.merge(part).unwrap());
    all
}

proptest! {
    #[test]
    fn merging_is_a_commutative_monoid(
        a in prop::collection::vec(row(), 0..40), b in prop::collection::vec(row(), 0..40), c in prop::collection::vec(row(), 0..40),
    ) {
        let (a, b, c) = (profile(&a), profile(&b), profile(&c));
        let nothing = Profile::empty(layout());
        prop_assert_eq!(&merged(&[&a, &nothing]), &a);
        prop_assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]));
        prop_assert_eq!(merged(&[&merged(&[&a, &b]), &c]), merged(&[&a, &merged(&[&b, &c])]));
    }

    #[test]
    fn counts_do_not_depend_on_the_order_or_split_of_rows(rows in prop::collection::vec(row(), 1..60), cut in any::<prop::sample::Index>()) {
        let whole = profile(&rows);
        let mut reversed = rows.clone();
        reversed.reverse();
        prop_assert_eq!(&profile(&reversed), &whole);
        let (left, right) = rows.split_at(cut.index(rows.len()));
        prop_assert_eq!(merged(&[&profile(left), &profile(right)]), whole);
    }
}

#[test]
fn profiles_on_different_layouts_do_not_merge() {
    let other = learnt(&[("x".to_owned(), Data::Numbers(vec![1.0, 2.0, 3.0]))]);
    let mut profile = Profile::empty(layout());
    assert!(profile.merge(&Profile::empty(other.layout())).is_err());
}
