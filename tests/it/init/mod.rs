//! `vigie init`: configs for logs that nobody has mapped, from a sample of their records.

mod cases;
mod hostile;
mod platforms;
mod proposals;
mod services;
