//! People with bad intentions, for journeys: what an honest app would clean or refuse before it signs,
//! they sign as it is.
//!
//! Each of them is a real node over a real connection to the hub. Only what they say is written into
//! their store beside the node, with true signatures and in a true chain, so that honest nodes take
//! it as they take anybody's. Reads one order a line, answers each with one line; ends with its input.
//! It is never part of what is shipped.

#![expect(clippy::print_stdout, reason = "a journey reads what is printed")]

mod hub;
mod kept;
mod person;

use std::collections::BTreeMap;
use std::io::BufRead;

use effigy_core::text::clean_name;
use effigy_store::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::LocalSet;

use person::{Person, Said};

/// What a journey may ask for. Bytes are in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "do")]
enum Order {
    /// Begins an account and adds the person of an invite. Every name is signed as it is given.
    Begin { device: String, hub: String, invite: Option<String>, name: String, who: u32 },
    /// Tells what is left of names before they are shown.
    Clean { names: Vec<String> },
    /// Puts pictures into the store of a hub that is not running, as if it had looked them through.
    Doctor { blobs: Vec<String>, store: String },
    /// Signs payloads as they are. A text `blob:0` in them stands for the name of the first blob. With
    /// `fork` each of them follows what was there before, and none the other.
    Say {
        #[serde(default)]
        blobs: Vec<String>,
        #[serde(default)]
        fork: bool,
        payloads: Vec<Value>,
        who: u32,
    },
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the bytes are not base64, or too many for one blob")]
    Bytes,
    #[error("the engine ended")]
    Ended,
    #[error("there is no feed to write on: {0}")]
    Feed(u32),
    #[error("no random bytes")]
    Random,
    #[error("the invite is none")]
    Invite,
    #[error(transparent)]
    Order(#[from] serde_json::Error),
    /// No honest node would take it either.
    #[error("refused: {0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    LocalSet::new().run_until(obey()).await
}

async fn obey() -> Result<(), Failure> {
    let mut people = BTreeMap::new();
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let answer = match serde_json::from_str(&line) {
            Ok(order) => carry_out(order, &mut people).await,
            Err(error) => Err(error.into()),
        };
        println!("{}", answer.unwrap_or_else(|why| json!({ "error": why.to_string() })));
    }
    Ok(())
}

/// What is asked for, line by line. A thread waits for it: the nodes have other things to do.
fn lines() -> Receiver<String> {
    let (to, from) = channel(1);
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines();
        lines.map_while(Result::ok).all(|line| to.blocking_send(line).is_ok())
    });
    from
}

async fn carry_out(order: Order, people: &mut BTreeMap<u32, Person>) -> Result<Value, Failure> {
    match order {
        Order::Begin { device, hub, invite, name, who } => {
            let person = Person::begin(&name, &device, &hub, invite.as_deref()).await?;
            let key = person.synod().short();
            people.insert(who, person);
            Ok(json!({ "key": key }))
        }
        Order::Clean { names } => {
            let clean: Vec<String> = names.iter().map(|name| clean_name(name)).collect();
            Ok(json!({ "clean": clean }))
        }
        Order::Doctor { blobs, store } => hub::doctor(&store, &blobs).await,
        Order::Say { blobs, fork, payloads, who } => {
            let person = people.get_mut(&who).ok_or(Failure::Feed(who))?;
            let said = person.say(&payloads, &blobs, fork).await?;
            let told = |said| match said {
                Said::Signed(id) => json!({ "id": id }),
                Said::Refused(why) => json!({ "refused": why }),
            };
            Ok(json!({ "said": said.into_iter().map(told).collect::<Vec<_>>() }))
        }
    }
}
