//! Uninhabited stand-ins for the SIMD kernels on other architectures.

use crate::catboost::score::tables::KernelJob;

/// Never available on this architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Avx2 {}

/// Never available on this architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Avx512 {}

impl Avx2 {
    /// Always returns `None`.
    #[must_use]
    pub fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn search(self, _: &[f32], _: u32, _: &[f32], _: &mut [u8]) {
        match self {}
    }

    pub(crate) fn add(self, _: KernelJob, _: &[f64], _: &mut [f64]) {
        match self {}
    }
}

impl Avx512 {
    /// Always returns `None`.
    #[must_use]
    pub fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn search(self, _: &[f32], _: u32, _: &[f32], _: &mut [u8]) {
        match self {}
    }

    pub(crate) fn add(self, _: KernelJob, _: &mut [f64]) {
        match self {}
    }
}
