//! Stand-ins for the SIMD kernels on other architectures, where the tokens cannot be created.

use crate::{
    catboost::{Avx2, Avx512},
    ensemble::plan::DenseNode,
};

impl Avx2 {
    pub(crate) fn dense_leaves(self, _: &[DenseNode], _: &[u8], _: usize, _: &mut [u8]) {
        match self {}
    }
}

impl Avx512 {
    pub(crate) fn dense_leaves(self, _: &[DenseNode], _: &[u8], _: usize, _: &mut [u8]) {
        match self {}
    }
}
