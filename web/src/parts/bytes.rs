//! Numbers of bytes, and lengths of videos, as people read them.

/// A number of bytes in the largest unit that leaves at least one of it.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    let mut tenths = count / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if tenths >= 100 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// How long something plays, of milliseconds: hours only where there are some.
pub(crate) fn length(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}:{seconds:02}"),
        (hours, minutes) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{bytes, length};

    #[test]
    fn units_fit_the_number() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_550, "1.5 kB"),
            (42_000, "42 kB"),
            (999_949, "999 kB"),
            (1_000_000, "1.0 MB"),
            (10_737_418_240, "10 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn lengths_are_told_as_on_a_clock() {
        for (milliseconds, text) in [(1, "0:01"), (61_000, "1:01"), (3_600_000, "1:00:00")] {
            assert_eq!(length(milliseconds), text);
        }
    }
}
