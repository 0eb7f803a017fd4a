//! No wide instructions on this kind of processor: values of these types cannot be made.

use crate::score::tables::Job;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Avx2 {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Avx512 {}

impl Avx2 {
    pub fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn search(self, _: &[f32], _: u32, _: &[f32], _: &mut [u8]) {
        match self {}
    }

    pub(crate) fn add(self, _: Job, _: &[f64], _: &mut [f64]) {
        match self {}
    }
}

impl Avx512 {
    pub fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn search(self, _: &[f32], _: u32, _: &[f32], _: &mut [u8]) {
        match self {}
    }

    pub(crate) fn add(self, _: Job, _: &mut [f64]) {
        match self {}
    }
}
