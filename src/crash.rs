//! Points at which a test may kill the process, to prove that nothing is lost there. Release builds have none.

/// Dies here by SIGKILL if `VIGIE_CRASH_AT` is `name:n` and this is the n-th time; never goes on if `VIGIE_HANG_AT` is
/// the name.
///
/// # Panics
///
/// If `VIGIE_PANIC_AT` is the name.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::{Mutex, OnceLock};

    static WANTED: OnceLock<Option<(String, Mutex<u32>)>> = OnceLock::new();
    let asked = |variable: &str| std::env::var(variable).is_ok_and(|wanted| wanted == name);
    assert!(!asked("VIGIE_PANIC_AT"), "a test asked for it at {name}");
    if asked("VIGIE_HANG_AT") {
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

/// Nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_name: &str) {}

/// Whether a test asks for a fault of that name to be built in, to see that other tests would find it.
#[cfg(debug_assertions)]
#[must_use]
pub fn sabotaged(name: &str) -> bool {
    std::env::var("VIGIE_SABOTAGE").is_ok_and(|wanted| wanted == name)
}

/// Never.
#[cfg(not(debug_assertions))]
#[must_use]
pub fn sabotaged(_name: &str) -> bool {
    false
}
