//! Saying what happens, how far it is, and how long it took.

use std::fmt;
use std::time::{Duration, Instant};

/// A clock that was started.
#[derive(Clone, Copy)]
pub(crate) struct Watch(Instant);

impl Watch {
    /// Starts it.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a build takes is told by the clock on the wall"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", spoken(self.elapsed()))
    }
}

/// A duration as people read it: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Numbered steps: `2/6 trunk ... present`.
pub(crate) struct Steps {
    total: usize,
    current: usize,
}

impl Steps {
    /// As many as there will be.
    pub(crate) const fn of(total: usize) -> Self {
        Self { total, current: 0 }
    }

    /// Begins the next one; the answer is printed by [`Step::done`].
    pub(crate) fn next(&mut self, name: &str) -> Step {
        self.current += 1;
        Step { label: format!("{}/{} {name}", self.current, self.total), watch: Watch::start() }
    }
}

/// A step that was begun.
pub(crate) struct Step {
    label: String,
    watch: Watch,
}

impl Step {
    /// Says that the step takes longer, and why.
    pub(crate) fn doing(&self, what: &str) {
        println!("{} ... {what}", self.label);
    }

    /// Says how the step ended.
    pub(crate) fn done(&self, how: &str) {
        println!("{} ... {how} ({})", self.label, self.watch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!(spoken(Duration::from_millis(420)), "0.4 s");
        assert_eq!(spoken(Duration::from_secs(12)), "12 s");
        assert_eq!(spoken(Duration::from_secs(185)), "3 min 05 s");
    }
}
