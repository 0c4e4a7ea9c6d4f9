//! A picture made from a key, so that two people of one name do not look alike.
//!
//! A quilt of six rows that mirrors left and right, like a mask: each of its 18 free cells takes one
//! of eight shapes and the whole takes one of many colours, all read from the hash of the key.

use std::fmt::Write as _;

use effigy_core::{Cid, Identity};
use leptos::prelude::*;

const ROWS: u8 = 6;
/// Cells from the left edge to the axis of the mirror.
const COLUMNS: u8 = 3;

/// What a key looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Look {
    /// Behind everything, as a CSS colour.
    ground: String,
    /// The quilt, as a CSS colour.
    ink: String,
    /// The quilt, as SVG path data on a grid of 6 by 6.
    path: String,
}

impl Look {
    /// The look of a key: the same everywhere and for ever.
    pub(crate) fn of(identity: &Identity) -> Self {
        let name = Cid::of(identity.bytes());
        let mut bytes = name.digest().iter().copied();
        let mut byte = || bytes.next().unwrap_or_default();
        let hue = u32::from(byte()) * 360 / 256;
        let turn = 25 + u32::from(byte()) * 110 / 256;
        let mut path = String::new();
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let shape = byte() & 7;
                cell(&mut path, shape, column, row, false);
                cell(&mut path, shape, ROWS - 1 - column, row, true);
            }
        }
        Self {
            ground: format!("hsl({hue} 45% 84%)"),
            ink: format!("hsl({} 48% 32%)", (hue + turn) % 360),
            path,
        }
    }
}

/// Adds one cell. Mirrored, it runs from right to left.
fn cell(path: &mut String, shape: u8, column: u8, row: u8, mirrored: bool) {
    let (x, step, sweep) = if mirrored { (column + 1, -1_i8, '0') } else { (column, 1, '1') };
    let back = -step;
    let drawn = match shape {
        // Two of eight stay empty, so that there is a figure and a ground.
        0 | 1 => return,
        // The whole square.
        2 => write!(path, "M{x} {row}h{step}v1h{back}z"),
        // Quarter discs around each of the four corners.
        3 => write!(path, "M{x} {row}h{step}a1 1 0 0 {sweep} {back} 1z"),
        4 => write!(path, "M{x} {row}a1 1 0 0 {sweep} {step} 1h{back}z"),
        5 => write!(path, "M{x} {row}h{step}v1a1 1 0 0 {sweep} {back} -1z"),
        6 => write!(path, "M{x} {}a1 1 0 0 {sweep} {step} -1v1z", row + 1),
        // Half of the square.
        _ => write!(path, "M{x} {row}l{step} 1h{back}z"),
    };
    // Writing to a string cannot fail.
    drawn.unwrap_or_default();
}

/// The picture of a key. Decoration: the name stands beside it.
#[component]
pub(crate) fn Identicon(#[prop(into)] identity: Signal<Identity>) -> impl IntoView {
    let look = Memo::new(move |_| Look::of(&identity.get()));
    view! {
        <svg class="identicon" viewBox="-1 -1 8 8" aria-hidden="true" focusable="false">
            <rect x="-1" y="-1" width="8" height="8" fill=move || look.get().ground></rect>
            <path d=move || look.get().path fill=move || look.get().ink></path>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn keys_look_different_and_always_the_same() {
        let looks: Vec<Look> =
            (0..50).map(|number| Look::of(&Identity::from_bytes([number; 32]))).collect();
        for (at, look) in looks.iter().enumerate() {
            assert_eq!(looks.iter().filter(|other| other.path == look.path).count(), 1, "{at}");
        }
        assert_eq!(looks[7], Look::of(&Identity::from_bytes([7; 32])));
    }

    #[test]
    fn the_quilt_mirrors() {
        let path = Look::of(&Identity::from_bytes([1; 32])).path;
        assert_eq!(path.matches('M').count() % 2, 0);
    }
}
