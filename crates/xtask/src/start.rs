//! `cargo xtask start`: the main job. From a fresh clone to a hub that serves the app.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::progress::{Steps, Watch};
use crate::pwa::Profile;
use crate::{hub, install, pwa, shell, size, workspace};

/// Where the hub listens if nothing is said.
const PORT: u16 = 8420;

/// Where the hub listens, and where it keeps its data.
pub(crate) struct Place {
    /// The TCP port on this machine.
    pub(crate) port: u16,
    /// The folder of the data.
    pub(crate) data: PathBuf,
}

impl Place {
    /// Reads `--port` and `--data`.
    pub(crate) fn from(options: &mut Options) -> Outcome<Self> {
        let port = options.port("--port")?.unwrap_or(PORT);
        let data = match options.value("--data")? {
            // As the person at the terminal means it: from the folder they are in.
            Some(data) => std::path::absolute(&data).map_err(Failure::file(data.as_ref()))?,
            None => workspace::root().join(".effigy"),
        };
        Ok(Self { port, data })
    }
}

/// Builds what is not current, and runs the hub until it is stopped.
pub(crate) fn run(options: &mut Options) -> Outcome {
    let place = Place::from(options)?;
    let dev = options.flag("--dev");
    let release = options.flag("--release");
    if dev && release {
        return Err(Failure::Usage {
            what: "`--dev` or `--release`, not both".to_owned(),
            usage: "cargo xtask help",
        });
    }
    options.finish()?;
    let profile = if dev { Profile::Dev } else { Profile::Release };

    let watch = Watch::start();
    let mut steps = Steps::of(install::PWA_STEPS + 2);
    install::for_pwa(&mut steps)?;
    let built = pwa::build(profile, &steps.next("app"))?;
    let binary = hub::build(profile, &steps.next("hub"))?;
    if built && profile == Profile::Release {
        size::run()?;
    }
    println!("ready in {watch}\n");
    become_hub(&mut hub_command(binary, &place, profile))
}

/// The hub's command line. While developing, the app comes from its folder, so that a change needs no new hub.
pub(crate) fn hub_command(binary: PathBuf, place: &Place, profile: Profile) -> Command {
    let mut hub = Command::new(binary);
    hub.arg("--listen").arg(format!("127.0.0.1:{}", place.port)).arg("--data").arg(&place.data);
    if profile == Profile::Dev {
        hub.arg("--assets").arg(workspace::dist());
    }
    hub
}

/// Puts the hub in the place of this process, so that signals reach it and its code is the last word.
#[cfg(unix)]
fn become_hub(command: &mut Command) -> Outcome {
    use std::os::unix::process::CommandExt as _;
    let source = command.exec();
    Err(Failure::Unstartable { command: shell::spelled(command), source })
}

#[cfg(not(unix))]
fn become_hub(command: &mut Command) -> Outcome {
    shell::run(command)
}
