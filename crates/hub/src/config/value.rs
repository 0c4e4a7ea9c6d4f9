//! From text to values: each function reads one kind and says what it wanted when it cannot.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::ValueError;

/// One of a few words.
pub(super) fn choice<T: Copy>(
    text: &str,
    options: &[(&str, T)],
    wanted: &'static str,
) -> Result<T, ValueError> {
    options
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| kind(text, wanted))
}

/// Whatever the standard library can parse: addresses, mostly.
pub(super) fn parsed<T: std::str::FromStr>(
    text: &str,
    wanted: &'static str,
) -> Result<T, ValueError> {
    text.parse().map_err(|_| kind(text, wanted))
}

/// A plain count.
pub(super) fn count(text: &str, range: RangeInclusive<u64>) -> Result<usize, ValueError> {
    let value = within(parsed(text, "a whole number")?, range)?;
    usize::try_from(value).map_err(|_| kind(text, "a number this machine can count to"))
}

/// A plain count of what is never many.
pub(super) fn small(text: &str, range: RangeInclusive<u64>) -> Result<u32, ValueError> {
    let value = within(parsed(text, "a whole number")?, range)?;
    u32::try_from(value).map_err(|_| kind(text, "a smaller number"))
}

/// A number of bytes: `65536`, `64KiB` or `1MiB`.
pub(super) fn bytes(text: &str, range: RangeInclusive<u64>) -> Result<usize, ValueError> {
    const WANTED: &str = "a size such as 65536, 64KiB or 1MiB";
    let (digits, unit) = [("KiB", 1024), ("MiB", 1024 * 1024)]
        .into_iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|digits| (digits, unit)))
        .unwrap_or((text, 1));
    let n = digits.trim().parse::<u64>().map_err(|_| kind(text, WANTED))?;
    let value = within(n.checked_mul(unit).ok_or_else(|| kind(text, WANTED))?, range)?;
    usize::try_from(value).map_err(|_| kind(text, WANTED))
}

/// A time in whole seconds.
pub(super) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, ValueError> {
    let value = parsed(text, "a whole number of seconds")?;
    within(value, range).map(Duration::from_secs)
}

/// Yes or no.
pub(super) fn switch(text: &str) -> Result<bool, ValueError> {
    choice(text, &[("true", true), ("false", false)], "`true` or `false`")
}

fn within(value: u64, range: RangeInclusive<u64>) -> Result<u64, ValueError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ValueError::Range { value, least: *range.start(), most: *range.end() })
}

fn kind(value: &str, wanted: &'static str) -> ValueError {
    ValueError::Kind { value: value.to_owned(), wanted }
}
