//! Time: the half-open window a run looks at, and the cadence that tiles time with windows.

mod cadence;
mod instant;
mod span;
mod window;

pub use cadence::Cadence;
pub use instant::Instant;
pub use span::Span;
pub use window::Window;
