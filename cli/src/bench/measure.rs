//! Time, memory and disk, without floating point.

use std::time::{Duration, Instant};

/// A stopwatch.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since.
    pub fn elapsed(self) -> Elapsed {
        Elapsed(self.0.elapsed())
    }
}

/// A time that passed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elapsed(Duration);

impl Elapsed {
    /// Both, one after the other.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Microseconds.
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX)
    }

    /// Seconds with two decimals, or milliseconds.
    pub fn for_people(self) -> String {
        let millis = self.0.as_millis();
        if millis >= 1000 { format!("{}.{:02} s", millis / 1000, millis % 1000 / 10) } else { format!("{millis} ms") }
    }

    /// How many of `count` a second.
    pub fn per_second(self, count: u64) -> u64 {
        let micros = self.0.as_micros().max(1);
        u64::try_from(u128::from(count).saturating_mul(1_000_000) / micros).unwrap_or(u64::MAX)
    }
}

/// The most memory that this process ever had resident, in bytes; none where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}
