//! How long ago something was.

use leptos::prelude::*;

use crate::app::Model;
use crate::browser::clock;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long ago something was, in few letters; `None` when a date says it better.
fn few_letters(age: u64) -> Option<String> {
    match age {
        0..MINUTE => Some("now".to_owned()),
        MINUTE..HOUR => Some(format!("{} min", age / MINUTE)),
        HOUR..DAY => Some(format!("{} h", age / HOUR)),
        _ if age < 7 * DAY => Some(format!("{} d", age / DAY)),
        _ => None,
    }
}

/// How old something is, in words that end a sentence: "40 s", "3 min", "2 d".
pub(crate) fn ago(then: u64, now: u64) -> String {
    let age = now.saturating_sub(then);
    match age {
        0..MINUTE => format!("{} s", age / 1_000),
        _ => few_letters(age).unwrap_or_else(|| format!("{} d", age / DAY)),
    }
}

/// A moment: how long ago, with the exact time for whoever points at it.
#[component]
pub(crate) fn Ago(
    /// Milliseconds since the epoch.
    #[prop(into)]
    time: Signal<u64>,
) -> impl IntoView {
    let now = expect_context::<Model>().now();
    let text = Memo::new(move |_| {
        let then = time.get();
        few_letters(now.get().saturating_sub(then)).unwrap_or_else(|| clock::day(then))
    });
    view! {
        <time class="ago" datetime=move || clock::iso(time.get()) title=move || clock::in_full(time.get())>
            {text}
        </time>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn ages_are_short() {
        for (age, text) in [
            (0, Some("now")),
            (59_999, Some("now")),
            (5 * MINUTE, Some("5 min")),
            (3 * HOUR + 1, Some("3 h")),
            (6 * DAY, Some("6 d")),
            (7 * DAY, None),
        ] {
            assert_eq!(few_letters(age).as_deref(), text);
        }
        assert_eq!(ago(1_000, 41_000), "40 s");
        assert_eq!(ago(0, 12 * DAY), "12 d");
        assert_eq!(ago(9_000, 1_000), "0 s");
    }
}
