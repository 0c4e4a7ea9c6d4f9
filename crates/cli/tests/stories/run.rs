//! Reads a story and acts it out.
//!
//! In a block marked `console` a line with `$ effigy ..` is typed; what follows is what the program
//! has to answer, errors behind the answer. `[..]` stands for anything within a line, a line `...` for
//! any lines. A last line `? 3` is the exit code; without it the code is 0. `< file` is standard
//! input.
//!
//! `STORIES=write` writes down what the program answers where that is something else; read the
//! difference before it is kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A story: what is typed, and what is answered.
pub(crate) struct Story {
    pub(crate) steps: Vec<Step>,
    path: PathBuf,
    text: String,
}

/// One command.
pub(crate) struct Step {
    /// The number of its line, from 0.
    line: usize,
    /// How many lines its answer has in the file, with the code.
    lines: usize,
    words: Vec<String>,
    expected: Vec<String>,
    code: i32,
}

impl Story {
    /// Reads the blocks of a Markdown file.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut steps: Vec<Step> = Vec::new();
        let mut inside = false;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("```") {
                inside = !inside && line == "```console";
            } else if inside && line.starts_with("$ ") {
                let words = line[2..].split_whitespace().map(str::to_owned).collect();
                steps.push(Step { line: number, lines: 0, words, expected: Vec::new(), code: 0 });
            } else if inside {
                let step = steps.last_mut().expect("an answer before any command");
                step.lines += 1;
                match line.strip_prefix("? ") {
                    Some(code) => step.code = code.parse().unwrap(),
                    None => step.expected.push(line.to_owned()),
                }
            }
        }
        Self { steps, path: path.to_owned(), text }
    }

    /// Acts it out in a folder.
    pub(crate) fn run(&self, folder: &Path) {
        let mut lines: Vec<String> = self.text.lines().map(str::to_owned).collect();
        let mut wrong = Vec::new();
        for step in self.steps.iter() {
            if let Some(answer) = step.differs(folder) {
                wrong.push((step, answer));
            }
        }
        if std::env::var_os("STORIES").is_some_and(|wish| wish == "write") {
            for (step, answer) in wrong.into_iter().rev() {
                let start = step.line + 1;
                lines.splice(start..start + step.lines, answer.lines().map(str::to_owned));
            }
            fs::write(&self.path, lines.join("\n") + "\n").unwrap();
            return;
        }
        let told = wrong.iter().map(|(step, answer)| {
            let (path, number) = (self.path.display(), step.line + 1);
            format!("{path}:{number}: $ {}\n{answer}", step.words.join(" "))
        });
        assert!(wrong.is_empty(), "{}", told.collect::<Vec<_>>().join("\n"));
    }
}

impl Step {
    /// What the program says, where it is not what the story tells.
    fn differs(&self, folder: &Path) -> Option<String> {
        let (program, mut words) = self.words.split_first().unwrap();
        assert_eq!(program, "effigy", "only our program is run");
        let mut command = super::effigy(folder);
        command.stdin(Stdio::null());
        if let [rest @ .., redirect, file] = words
            && redirect == "<"
        {
            words = rest;
            command.stdin(File::open(folder.join(file)).unwrap());
        }
        let done = command.args(words).output().unwrap();
        let mut answer = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        let lines: Vec<&str> = answer.lines().collect();
        let expected: Vec<&str> = self.expected.iter().map(String::as_str).collect();
        if done.status.code() == Some(self.code) && lines_fit(&expected, &lines) {
            return None;
        }
        if let Some(code) = done.status.code().filter(|code| *code != 0) {
            answer.push_str(&format!("? {code}\n"));
        }
        Some(answer)
    }
}

fn lines_fit(expected: &[&str], answer: &[&str]) -> bool {
    match (expected.split_first(), answer.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => {
            (0..=answer.len()).any(|skipped| lines_fit(rest, &answer[skipped..]))
        }
        (Some((line, rest)), Some((told, more))) => line_fits(line, told) && lines_fit(rest, more),
        _ => false,
    }
}

fn line_fits(expected: &str, told: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == told,
        Some((start, rest)) => told.strip_prefix(start).is_some_and(|told| {
            told.char_indices()
                .map(|(at, _)| at)
                .chain([told.len()])
                .any(|at| line_fits(rest, &told[at..]))
        }),
    }
}

#[test]
fn wildcards_stand_for_what_they_should() {
    assert!(line_fits("a[..]c", "abbc") && line_fits("[..]", "") && !line_fits("a[..]c", "ab"));
    assert!(lines_fit(&["a", "...", "c"], &["a", "b", "b", "c"]));
    assert!(!lines_fit(&["a", "...", "c"], &["a", "b"]) && !lines_fit(&[], &["a"]));
}
