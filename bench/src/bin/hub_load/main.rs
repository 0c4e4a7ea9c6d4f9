//! Load for a hub, and for other servers of the same kind: idle sockets, letters, watchers, attacks.
//!
//! `hub_load <job> <arguments>` prints one JSON object. Every job ends by itself, and talks to loopback
//! addresses only. `bench/hub-load.mjs` runs all of them and makes the tables.

#![expect(clippy::print_stdout, reason = "a benchmark talks to who started it")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod attack;
mod caller;
mod fanout;
mod honest;
mod idle;
mod least;
mod letters;
mod process;
mod reading;
mod restart;
mod soak;

use effigy_bench::BenchError;
use serde_json::Value;

const USAGE: &str = "hub_load attack <name> <origin> <seconds> | fanout <origin> <pid> <watchers> <posts> | \
                     honest <origin> <seconds> | idle <origin> <pid> <sockets> | least <port> | \
                     letters <protocol> <origin> <pid> <pairs> <window> <seconds> | reading | \
                     restart <origin> <pid> <sockets> | soak <origin> <pid> <minutes>";

/// Longest that any job may take, in seconds: a load stops by itself.
const LONGEST: u64 = 24 * 3_600;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BenchError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = match arguments.as_slice() {
        ["attack", name, origin, seconds] => {
            attack::run(name, &local(origin)?, number(seconds)?).await?
        }
        ["fanout", origin, pid, watchers, posts] => {
            let (watchers, posts) = (number(watchers)?, number(posts)?);
            fanout::run(&local(origin)?, number(pid)?, watchers, posts).await?
        }
        ["honest", origin, seconds] => honest::run(&local(origin)?, number(seconds)?).await?,
        ["idle", origin, pid, sockets] => {
            idle::run(&local(origin)?, number(pid)?, number(sockets)?).await?
        }
        ["least", port] => least::serve(number(port)?).await?,
        ["letters", protocol, origin, pid, pairs, window, seconds] => {
            let load = letters::Load {
                pairs: number(pairs)?,
                window: number(window)?,
                seconds: number(seconds)?,
            };
            letters::run(protocol, &local(origin)?, number(pid)?, load).await?
        }
        ["reading"] => reading::run(),
        ["restart", origin, pid, sockets] => {
            restart::run(&local(origin)?, number(pid)?, number(sockets)?).await?
        }
        ["soak", origin, pid, minutes] => {
            soak::run(&local(origin)?, number(pid)?, number(minutes)?).await?
        }
        _ => return Err(BenchError::Usage(USAGE)),
    };
    println!("{found}");
    Ok(())
}

fn number(text: &str) -> Result<u64, BenchError> {
    let number: u64 = text.parse().map_err(|_| BenchError::Usage(USAGE))?;
    if number > LONGEST.max(4_294_967_295) { Err(BenchError::Usage(USAGE)) } else { Ok(number) }
}

/// Load is for servers of one's own on this machine, and for no others.
fn local(origin: &str) -> Result<String, BenchError> {
    let is_local = ["http://127.0.0.1:", "http://localhost:"]
        .iter()
        .any(|begin| origin.strip_prefix(begin).is_some_and(|port| port.parse::<u16>().is_ok()));
    if is_local {
        Ok(origin.to_owned())
    } else {
        Err(BenchError::Usage("an origin on the loopback address"))
    }
}

/// How long things took, in microseconds.
fn times(mut micros: Vec<u64>) -> Value {
    micros.sort_unstable();
    let at = |part: usize| micros.get(micros.len() * part / 100).copied().unwrap_or_default();
    serde_json::json!({
        "count": micros.len(),
        "p50_us": at(50),
        "p99_us": at(99),
        "most_us": micros.last().copied().unwrap_or_default(),
    })
}
