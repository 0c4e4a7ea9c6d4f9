//! Moments in words: a date, and how long ago.

use std::time::{SystemTime, UNIX_EPOCH};

use effigy_core::Time;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Days of four centuries: the calendar repeats after them.
const DAYS_OF_ERA: u64 = 146_097;

/// This computer's clock. A program at the edge reads it once, at the start.
#[expect(clippy::disallowed_methods, reason = "the clock enters here, and goes on as a value")]
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A moment in UTC, to the second: `2026-11-20 12:30:07`.
pub(crate) fn date(moment: Time) -> String {
    let (days, rest) = (moment.0 / DAY, moment.0 % DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / SECOND);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// How long ago a moment was, in its largest unit: `3 min`, `ahead` for one that is still to come.
pub(crate) fn age(moment: Time, now: Time) -> String {
    if moment > now {
        return "ahead".to_owned();
    }
    let ago = now.since(moment).0;
    match ago {
        0..MINUTE => format!("{} s", ago / SECOND),
        MINUTE..HOUR => format!("{} min", ago / MINUTE),
        HOUR..DAY => format!("{} h", ago / HOUR),
        _ => format!("{} d", ago / DAY),
    }
}

/// Year, month and day of a number of days since 1970. Years begin in March, so that the day that
/// is not always there is the last one of a year.
const fn civil(days: u64) -> (u64, u64, u64) {
    // The first of March of the year 0 lies 719,468 days before.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / DAYS_OF_ERA, shifted % DAYS_OF_ERA);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (moment, shown) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_078_012_799_999, "2004-02-28 23:59:59"),
            (1_763_632_800_123, "2025-11-20 10:00:00"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date(Time(moment)), shown);
        }
    }

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let now = Time(10 * DAY);
        for (ago, shown) in [
            (0, "0 s"),
            (59_999, "59 s"),
            (MINUTE, "1 min"),
            (HOUR - 1, "59 min"),
            (HOUR, "1 h"),
            (3 * DAY, "3 d"),
        ] {
            assert_eq!(age(Time(now.0 - ago), now), shown);
        }
        assert_eq!(age(now, Time(5)), "ahead");
    }
}
