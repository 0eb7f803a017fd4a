//! Stand-ins for the walk with wide registers on other architectures, where the tokens cannot be created.

use super::{paths::PathWalker, vectors::Lanes};
use crate::catboost::{Avx2, Avx512};

impl Avx2 {
    pub(super) fn explain_paths<C: Copy>(self, _: &PathWalker<C>, _: &impl Fn(&C, usize) -> u8, _: &mut [Lanes]) {
        match self {}
    }
}

impl Avx512 {
    pub(super) fn explain_paths<C: Copy>(self, _: &PathWalker<C>, _: &impl Fn(&C, usize) -> u8, _: &mut [Lanes]) {
        match self {}
    }
}
