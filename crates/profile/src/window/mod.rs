//! Time: instants, the half-open window of a run, and the cadence that divides time into windows.

mod cadence;
mod instant;
mod span;
mod window;

pub use cadence::Cadence;
pub use instant::Instant;
pub use span::Span;
pub use window::Window;
