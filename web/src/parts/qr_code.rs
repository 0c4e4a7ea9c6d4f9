//! A text as a QR code, drawn as one SVG path.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

/// Light modules around the code, as the standard asks for.
const QUIET: usize = 4;

/// From how many letters on a code is drawn with less redundancy: larger squares are read more easily
/// than many small ones.
const LONG: usize = 300;

/// A drawn code.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Drawn {
    /// Modules from edge to edge, quiet zone included.
    side: usize,
    path: String,
}

/// Draws a text; `None` when it is too long for a code.
fn draw(text: &str) -> Option<Drawn> {
    let redundancy = if text.len() > LONG { ECL::L } else { ECL::M };
    let code = QRBuilder::new(text).ecl(redundancy).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let dark = |x: usize| code.data.get(y * code.size + x).is_some_and(|m| m.value());
            let run = (x..code.size).take_while(|x| dark(*x)).count();
            if run > 0 {
                // Writing to a string cannot fail.
                write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET).unwrap_or_default();
            }
            x += run.max(1);
        }
    }
    Some(Drawn { side: code.size + 2 * QUIET, path })
}

/// A code to be scanned from the screen: dark on white in every theme, or cameras fail.
#[component]
pub(crate) fn QrCode(
    #[prop(into)] text: Signal<String>,
    /// What scanning it does.
    label: &'static str,
) -> impl IntoView {
    let drawn = Memo::new(move |_| draw(&text.read()));
    move || {
        drawn.get().map(|drawn| {
            let side = drawn.side;
            view! {
                <svg class="qr" role="img" aria-label=label viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
                    <rect width=side.to_string() height=side.to_string() fill="#fff"></rect>
                    <path fill="#000" d=drawn.path></path>
                </svg>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_code_has_its_corners_and_its_edge() {
        let drawn = draw("https://hub.example/#/invite/AQEB").expect("it fits");
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "the first finder pattern begins");
        assert!(drawn.side >= 21 + 8);
        assert_eq!(draw(&"x".repeat(5_000)), None);
    }
}
