//! The only place that prints: tables for people, JSON for programs, errors on standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::error::CliError;
use crate::escape::{visible, visible_json};

/// What a command found out, in both of its forms.
pub(crate) trait Report: Serialize {
    /// Writes it for people.
    fn tell(&self, page: &mut Page);
}

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Whether for programs.
    pub(crate) json: bool,
}

impl Output {
    /// Prints what was found out.
    ///
    /// # Errors
    /// When standard output takes no more. A reader who has seen enough is no error.
    pub(crate) fn show(self, report: &impl Report) -> Result<(), CliError> {
        let text = if self.json {
            let json = serde_json::to_string_pretty(report).map_err(io::Error::from);
            visible_json(&json.map_err(CliError::Print)?) + "\n"
        } else {
            let mut page = Page::default();
            report.tell(&mut page);
            page.text
        };
        self.raw(text.as_bytes())
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// As [`show`](Self::show).
    pub(crate) fn raw(self, bytes: &[u8]) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Print(error)),
            _ => Ok(()),
        }
    }

    /// Says why nothing came of it, in one line.
    pub(crate) fn complain(self, error: &CliError) {
        // Where not even this can be written, the exit code has to do.
        let _ = writeln!(io::stderr().lock(), "effigy: {}", visible(&error.to_string()));
    }
}

/// Text for people, line by line. What others wrote is made visible on its way in.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

/// On which side the cells of a column begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Page {
    /// One line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(visible(text.as_ref()).trim_end());
        self.text.push('\n');
    }

    /// Several lines, each made visible by itself.
    pub(crate) fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// An empty line, unless nothing stands before it.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Names and values, one a line.
    pub(crate) fn pairs(&mut self, pairs: &[(&str, String)]) {
        let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in pairs {
            self.line(format!("{name:width$}  {value}"));
        }
    }

    /// A table. The last column is not padded.
    pub(crate) fn table<const N: usize>(
        &mut self,
        columns: [(&str, Side); N],
        rows: &[[String; N]],
    ) {
        let shown: Vec<[String; N]> =
            rows.iter().map(|row| row.each_ref().map(|cell| visible(cell))).collect();
        let mut widths = columns.map(|(name, _)| name.chars().count());
        for row in &shown {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let write = |cells: &[&str]| {
            let padded =
                cells.iter().zip(columns).zip(widths).map(
                    |((cell, (_, side)), width)| match side {
                        Side::Left => format!("{cell:<width$}"),
                        Side::Right => format!("{cell:>width$}"),
                    },
                );
            padded.collect::<Vec<_>>().join("  ")
        };
        self.line(write(&columns.map(|(name, _)| name)));
        for row in &shown {
            self.line(write(&row.each_ref().map(String::as_str)));
        }
    }
}

/// A number of bytes in the unit in which people think of it.
pub(crate) fn bytes(count: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match count {
        0..KIB => format!("{count} bytes"),
        KIB..MIB => format!("{}.{} KiB", count / KIB, count % KIB * 10 / KIB),
        _ => format!("{}.{} MiB", count / MIB, count % MIB * 10 / MIB),
    }
}

/// A number and its noun: `1 entry`, `2 entries`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_and_end_without_spaces() {
        let mut page = Page::default();
        let row = |name: &str, count: &str| [name.to_owned(), count.to_owned(), String::new()];
        page.table(
            [("NAME", Side::Left), ("N", Side::Right), ("NOTE", Side::Left)],
            &[row("Ana", "12"), row("\u{1b}x", "3")],
        );
        assert_eq!(page.text, "NAME      N  NOTE\nAna      12\n\\u{1b}x   3\n");
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        for (count, shown) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB")]
        {
            assert_eq!(bytes(count), shown);
        }
    }
}
