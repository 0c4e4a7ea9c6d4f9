//! Writes many posts to a hub, prints an invite, and stays until its input closes.
//!
//! `author <hub origin> <posts>` prints one JSON object a line.

#![expect(clippy::print_stdout, reason = "a benchmark talks to who started it")]

use effigy_bench::{BenchError, Person};
use effigy_proto::{Command, Event};
use effigy_store::MemoryStore;
use tokio::io::AsyncReadExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BenchError> {
    tokio::task::LocalSet::new().run_until(author()).await
}

async fn author() -> Result<(), BenchError> {
    let mut arguments = std::env::args().skip(1);
    let usage = BenchError::Usage("author <hub origin> <posts>");
    let (Some(hub), Some(posts)) = (arguments.next(), arguments.next()) else { return Err(usage) };
    let posts: u64 = posts.parse().map_err(|_| usage)?;
    let mut person = Person::start("Author", &hub, MemoryStore::default()).await?;
    for n in 0..posts {
        let text =
            format!("Post number {n}: {}", "so many words that it is like a post. ".repeat(3));
        person.ask(|ticket| Command::Publish { pictures: Vec::new(), text, ticket }).await?;
    }
    let holds =
        |person: &Person| person.network.receipts.iter().map(|r| r.count).max().unwrap_or(0);
    while holds(&person) < posts {
        person.until(|event| matches!(event, Event::Network(_))).await?;
    }
    let invite = person.invite.as_ref().map(effigy_core::Invite::to_text).unwrap_or_default();
    println!("{}", serde_json::json!({ "invite": invite, "posts": posts }));
    let mut rest = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        _ = input.read_to_end(&mut rest) => Ok(()),
        ended = person.until(|_| false) => ended,
    }
}
