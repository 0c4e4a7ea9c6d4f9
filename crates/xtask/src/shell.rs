//! Running other programs.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::progress::Watch;

/// How many lines of a long program are shown when it fails.
const LAST_LINES: usize = 60;
/// How often a long program is mentioned where no line can be overwritten.
const MENTION_EVERY: Duration = Duration::from_secs(20);

/// The command line, as a person would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let mut text = String::new();
    if let Some(folder) = command.get_current_dir() {
        let _ = write!(text, "cd {} && ", folder.display());
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value.filter(|_| name != "PATH") {
            let _ = write!(text, "{}={} ", name.display(), quoted(&value.to_string_lossy()));
        }
    }
    text.push_str(&command.get_program().to_string_lossy());
    for argument in command.get_args() {
        let _ = write!(text, " {}", quoted(&argument.to_string_lossy()));
    }
    text
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,+@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Runs a program that talks to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|source| unstartable(command, source))?;
    if status.success() { Ok(()) } else { Err(failed(command, status.code())) }
}

/// Runs a program and returns what it printed; `None` when it is missing or says no.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program and returns what it printed.
pub(crate) fn read(command: &mut Command) -> Outcome<String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|source| unstartable(command, source))?;
    if !output.status.success() {
        return Err(failed(command, output.status.code()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a long and talkative program: its last line stands on one line of the terminal, and all is shown when it fails.
pub(crate) fn run_long(command: &mut Command) -> Outcome {
    let watch = Watch::start();
    // Both streams through one pipe, so that their order is kept.
    let (reader, writer) = std::io::pipe().map_err(|source| unstartable(command, source))?;
    let second = writer.try_clone().map_err(|source| unstartable(command, source))?;
    let started = command.stdin(Stdio::null()).stdout(writer).stderr(second).spawn();
    let mut child = started.map_err(|source| unstartable(command, source))?;
    // The command holds our ends of the pipe; without this the reading below would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut ticker = Ticker::new(watch);
    let mut last = VecDeque::with_capacity(LAST_LINES);
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        ticker.show(&line);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    let status = child.wait().map_err(|source| unstartable(command, source))?;
    ticker.clear();
    if status.success() {
        return Ok(());
    }
    for line in last {
        eprintln!("    {line}");
    }
    Err(failed(command, status.code()))
}

struct Ticker {
    watch: Watch,
    terminal: bool,
    mentioned: Duration,
    compiled: usize,
}

impl Ticker {
    fn new(watch: Watch) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self { watch, terminal, mentioned: Duration::ZERO, compiled: 0 }
    }

    fn show(&mut self, line: &str) {
        let line = line.trim();
        self.compiled += usize::from(line.starts_with("Compiling "));
        let count =
            if self.compiled > 0 { format!("{} crates, ", self.compiled) } else { String::new() };
        let short: String = line.chars().take(60).collect();
        if self.terminal {
            print!("\r\x1b[2K      {} · {count}{short}", self.watch);
            let _ = std::io::stdout().flush();
        } else if self.watch.elapsed() - self.mentioned >= MENTION_EVERY {
            self.mentioned = self.watch.elapsed();
            println!("      {} · {count}{short}", self.watch);
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[2K");
            let _ = std::io::stdout().flush();
        }
    }
}

/// Whether a program of this name is on the `PATH`.
pub(crate) fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

fn unstartable(command: &Command, source: std::io::Error) -> Failure {
    Failure::Unstartable { command: spelled(command), source }
}

fn failed(command: &Command, code: Option<i32>) -> Failure {
    Failure::Program { command: spelled(command), code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_can_be_repeated_by_hand() {
        let mut command = Command::new("cargo");
        command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps"]);
        assert_eq!(spelled(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_long_program_tells_its_code() {
        let ended = run_long(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]));
        assert!(matches!(ended, Err(Failure::Program { code: Some(3), .. })));
        run_long(Command::new("sh").args(["-c", "echo fine"])).unwrap();
    }

    #[test]
    fn a_missing_program_is_no_panic() {
        assert!(matches!(run(&mut Command::new("/nowhere")), Err(Failure::Unstartable { .. })));
        assert_eq!(ask(&mut Command::new("/nowhere")), None);
        assert!(on_path("sh") && !on_path("no-such-program-here"));
    }
}
