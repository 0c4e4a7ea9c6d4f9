//! What a person sees at the start: the address, and the same as a QR code.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use fast_qr::{QRBuilder, QRCode};

use crate::config::{Config, LogFormat, Origin};

/// Light squares around the code; scanners need them (ISO/IEC 18004 asks for four).
const MARGIN: usize = 4;

/// Writes the address and its code to standard output: always for people, and for a machine that
/// reads JSON only when somebody watches.
pub(crate) fn show(config: &Config, origins: &[Origin]) {
    let mut out = io::stdout().lock();
    let is_terminal = out.is_terminal();
    if config.log_format == LogFormat::Json && !is_terminal {
        return;
    }
    // Nobody may be reading; that is no reason not to run.
    let _ = out.write_all(text(config, origins, is_terminal).as_bytes()).and_then(|()| out.flush());
}

fn text(config: &Config, origins: &[Origin], is_terminal: bool) -> String {
    let mut text = String::new();
    let Some(address) = main_address(origins) else { return text };
    let _ = writeln!(text, "\nEffigy hub is at {address}\n");
    if let Some(code) = code(&address.to_string(), is_terminal) {
        text.push_str(&code);
    }
    if origins.iter().all(Origin::is_local) {
        text.push_str(
            "That is an address for this machine. Phones and other people need a name and \
             HTTPS:\nsee docs/operate.md.\n",
        );
    }
    let _ = writeln!(text, "Data in {}. Stop with Ctrl-C.\n", config.data.display());
    text
}

/// The address to hand around: one with a name, if there is one.
fn main_address(origins: &[Origin]) -> Option<&Origin> {
    origins.iter().find(|origin| !origin.is_local()).or_else(|| origins.first())
}

/// The code in half blocks, two rows of squares per line.
fn code(address: &str, is_terminal: bool) -> Option<String> {
    let code = QRBuilder::new(address).build().ok()?;
    // Colours make it dark on light in every terminal. Without them the light squares are drawn,
    // which is right on a dark screen.
    let (before, after) = if is_terminal { ("\x1b[30;107m", "\x1b[0m") } else { ("", "") };
    let width = code.size + 2 * MARGIN;
    let mut text = String::new();
    for row in (0..width).step_by(2) {
        text.push_str(before);
        for column in 0..width {
            let top = is_dark(&code, row, column) == is_terminal;
            let bottom = is_dark(&code, row + 1, column) == is_terminal;
            text.push(match (top, bottom) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str(after);
        text.push('\n');
    }
    text.push('\n');
    Some(text)
}

fn is_dark(code: &QRCode, row: usize, column: usize) -> bool {
    let inside = |place: usize| place.checked_sub(MARGIN).filter(|place| *place < code.size);
    match (inside(row), inside(column)) {
        (Some(row), Some(column)) => code[row][column].value(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the half blocks back into rows of squares, true for dark.
    fn squares(text: &str, drawn_is_dark: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let letters: Vec<char> = line.chars().filter(|c| " █▀▄".contains(*c)).collect();
            let half = |drawn: [char; 2]| -> Vec<bool> {
                letters.iter().map(|c| drawn.contains(c) == drawn_is_dark).collect()
            };
            rows.push(half(['█', '▀']));
            rows.push(half(['█', '▄']));
        }
        rows
    }

    #[test]
    fn both_spellings_draw_the_same_code_within_its_margin() {
        let address = "https://hub.example";
        let plain = squares(&code(address, false).unwrap(), false);
        let coloured = squares(&code(address, true).unwrap(), true);
        assert_eq!(plain, coloured);
        let expected = QRBuilder::new(address).build().unwrap();
        for (row, squares) in plain.iter().enumerate() {
            for (column, square) in squares.iter().enumerate() {
                assert_eq!(*square, is_dark(&expected, row, column));
            }
        }
        // The finder pattern: seven dark squares in a row, at the margin's corner.
        assert!(plain[MARGIN][MARGIN..MARGIN + 7].iter().all(|dark| *dark));
        assert!(plain[..MARGIN].iter().flatten().all(|dark| !dark));
    }

    #[test]
    fn the_address_to_hand_around_is_the_one_with_a_name() {
        let origins: Vec<Origin> = ["http://localhost:1", "https://hub.example"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(main_address(&origins).unwrap().to_string(), "https://hub.example");
        assert_eq!(main_address(&origins[..1]).unwrap().to_string(), "http://localhost:1");
    }
}
