//! Fault injection for tests: named points where a test can kill, hang or panic the process. No-ops in release builds.

/// Kills the process with SIGKILL if `VIGIE_CRASH_AT` is `name:n` and this is the n-th call; hangs if `VIGIE_HANG_AT`
/// is `name`.
///
/// # Panics
///
/// If `VIGIE_PANIC_AT` is `name`.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::{Mutex, OnceLock};

    static WANTED: OnceLock<Option<(String, Mutex<u32>)>> = OnceLock::new();
    let is_requested = |variable: &str| std::env::var(variable).is_ok_and(|wanted| wanted == name);
    assert!(!is_requested("VIGIE_PANIC_AT"), "panic requested by a test at {name}");
    if is_requested("VIGIE_HANG_AT") {
        loop {
            std::thread::park();
        }
    }
    let wanted = WANTED.get_or_init(|| {
        let wanted = std::env::var("VIGIE_CRASH_AT").ok()?;
        let (name, count) = wanted.rsplit_once(':')?;
        Some((name.to_owned(), Mutex::new(count.parse().ok()?)))
    });
    let Some((_, left)) = wanted.as_ref().filter(|(wanted, _)| wanted == name) else { return };
    let mut left = left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *left = left.saturating_sub(1);
    if *left == 0 {
        let _ = std::process::Command::new("sh").arg("-c").arg(format!("kill -9 {}", std::process::id())).status();
        loop {
            std::thread::park();
        }
    }
}

/// Does nothing in release builds.
#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_name: &str) {}

/// Returns whether `VIGIE_SABOTAGE` is `name`: a test introduces this bug to prove that other tests catch it.
#[cfg(debug_assertions)]
#[must_use]
pub fn sabotaged(name: &str) -> bool {
    std::env::var("VIGIE_SABOTAGE").is_ok_and(|wanted| wanted == name)
}

/// Always `false` in release builds.
#[cfg(not(debug_assertions))]
#[must_use]
pub fn sabotaged(_name: &str) -> bool {
    false
}
