//! `cargo xtask e2e` and `screenshots`: real browsers and a real hub, in a network of their own.

use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::progress::Steps;
use crate::pwa::Profile;
use crate::{hub, install, pwa, shell, workspace};

/// Sets up a network that has nobody else in it, then runs what follows. Besides the loopback it has one cable between two
/// sockets of its own, because WebRTC offers no loopback address to a peer.
const ALONE: &str = "\
ip link set lo up || exit 97
if ip link add effigy0 type veth peer name effigy1 2>/dev/null; then
  ip addr add 10.77.0.1/24 dev effigy0 && ip link set effigy0 up && ip link set effigy1 up && ip route add default dev effigy0
fi
exec \"$@\"";

/// How the hub of the journeys is built. The app is what phones get; the hub checks its arithmetic and what it asserts, and
/// shares what it is made of with the tests: another four minutes of building would find nothing more.
pub(crate) const HUB: Profile = Profile::Dev;

/// Runs the journeys that are named, or all.
pub(crate) fn run(journeys: &[String]) -> Outcome {
    prepare(HUB)?;
    journeys_alone("run.mjs", journeys, HUB)
}

/// Makes the pictures of the documents.
pub(crate) fn screenshots() -> Outcome {
    prepare(HUB)?;
    journeys_alone("screenshots.mjs", &[], HUB)
}

/// The tests of what is around the app: boot.js and the service worker, with the app in `dist/`.
pub(crate) fn shell() -> Outcome {
    install::browser()?;
    install::journey_packages()?;
    let mut command = isolated();
    command.current_dir(workspace::root()).args(["--test", "--test-reporter=spec"]);
    command.args(["boot", "worker"].map(|name| format!("crates/xtask/tests/{name}.test.mjs")));
    shell::run(&mut command)
}

/// Everything that the journeys need, current, with a hub of this profile.
pub(crate) fn prepare(hub: Profile) -> Outcome {
    let mut steps = Steps::of(install::PWA_STEPS + 4);
    install::for_pwa(&mut steps)?;
    pwa::build(Profile::Release, &steps.next("app"))?;
    hub::build_for_journeys(hub, &steps.next("hub"))?;
    let step = steps.next("browser");
    step.done(install::browser()?);
    let step = steps.next("journeys");
    step.done(install::journey_packages()?);
    Ok(())
}

fn journeys_alone(script: &str, arguments: &[String], hub: Profile) -> Outcome {
    script_alone(&workspace::root().join("tests").join(script), arguments, hub)
}

/// Runs a script of Node against the hub that was built with this profile, in a network of its own.
pub(crate) fn script_alone(script: &Path, arguments: &[String], hub: Profile) -> Outcome {
    if !script.is_file() {
        return Err(Failure::unexpected(script.display().to_string(), "is missing"));
    }
    let mut command = isolated();
    command.current_dir(workspace::root()).arg(script).args(arguments);
    command.env("EFFIGY_HUB", hub::binary(hub));
    command.env("EFFIGY_MALLORY", hub::mallory(hub));
    shell::run(&mut command)
}

/// A command of Node in a network of its own, or, where that is not allowed, in this one: the journeys talk to loopback
/// addresses only, the network of their own proves it.
fn isolated() -> Command {
    for namespace in ["-n", "-rn"] {
        let mut probe = Command::new("unshare");
        probe.args([namespace, "sh", "-c", "ip link set lo up"]);
        if Path::new("/proc/self/ns/net").exists() && shell::ask(&mut probe).is_some() {
            let mut command = Command::new("unshare");
            command.args([namespace, "sh", "-c", ALONE, "journeys", "node"]);
            return command;
        }
    }
    println!(
        "note: no network namespace here (`unshare -n`), so the journeys share the network of this machine"
    );
    Command::new("node")
}
