//! `cargo xtask dev`: the app and a hub, built without optimisation; the app again at every change.

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::progress::Steps;
use crate::pwa::Profile;
use crate::start::{self, Place};
use crate::{hub, install, pwa, shell};

/// How often the two are looked after.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs both until one of them ends.
pub(crate) fn run(options: &mut Options) -> Outcome {
    let place = Place::from(options)?;
    options.finish()?;
    let mut steps = Steps::of(install::PWA_STEPS + 2);
    install::for_pwa(&mut steps)?;
    pwa::build(Profile::Dev, &steps.next("app"))?;
    let binary = hub::build(Profile::Dev, &steps.next("hub"))?;

    let mut hub = start::hub_command(binary, &place, Profile::Dev);
    let mut watching = pwa::trunk("watch");
    let mut hub_child = spawn(&mut hub)?;
    let mut trunk_child = match spawn(&mut watching) {
        Ok(child) => child,
        Err(failure) => {
            let _ = hub_child.kill();
            return Err(failure);
        }
    };
    let outcome = loop {
        thread::sleep(PAUSE);
        if let Some(ended) =
            ended(&mut hub_child, &hub).or_else(|| ended(&mut trunk_child, &watching))
        {
            break ended;
        }
    };
    for child in [&mut hub_child, &mut trunk_child] {
        // One of the two has ended already, which is no concern here.
        let _ = child.kill();
        let _ = child.wait();
    }
    outcome
}

fn spawn(command: &mut Command) -> Outcome<Child> {
    command
        .spawn()
        .map_err(|source| Failure::Unstartable { command: shell::spelled(command), source })
}

fn ended(child: &mut Child, command: &Command) -> Option<Outcome> {
    match child.try_wait() {
        Ok(None) => None,
        Ok(Some(status)) if status.success() => Some(Ok(())),
        Ok(Some(status)) => {
            Some(Err(Failure::Program { command: shell::spelled(command), code: status.code() }))
        }
        Err(source) => Some(Err(Failure::Unstartable { command: shell::spelled(command), source })),
    }
}
