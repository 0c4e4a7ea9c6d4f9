//! The hub's node, on a thread of its own: its store blocks, and nothing else may wait for that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use effigy_engine::EngineError;
use effigy_net_native::{Gate, Limits, NativeWorld, Rate, Tally};
use effigy_proto::{Command, Config, Event, HubPolicy, Keys, Role, Upkeep};
use effigy_store::StoreError;
use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::config;
use crate::metrics::Metrics;
use crate::shelf::{Shelf, ShelfState};

/// Why there is no node, or no longer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeeperError {
    /// The store is damaged in a place without which nothing of it can be read.
    #[error(
        "the store is damaged ({source}); put a copy of the data folder in its place, or run: mv {name} {name}.damaged\n\
         Then start again. An empty hub is filled by the people who use it, from their own devices",
        name = path.display()
    )]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// What is wrong with it.
        source: StoreError,
    },
    /// It stopped by itself.
    #[error("the node stopped: {0}")]
    Engine(EngineError),
    /// Its thread died.
    #[error("the node's thread died")]
    Gone,
    /// The store cannot be opened.
    #[error("cannot open the store: {0}")]
    Store(StoreError),
    /// The system gave no thread or no chance.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
}

/// A running node.
pub(crate) struct Keeper {
    /// Dropped to end it.
    commands: Option<mpsc::Sender<Command>>,
    ended: oneshot::Receiver<Result<(), EngineError>>,
    path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl KeeperError {
    /// What an error of the store in this file means for an operator.
    fn of_store(source: StoreError, path: &Path) -> Self {
        match source {
            // What is damaged is closed by whoever finds it out.
            StoreError::Damaged(_) | StoreError::Closed => {
                Self::Damaged { path: path.to_owned(), source }
            }
            source => Self::Store(source),
        }
    }
}

impl Keeper {
    /// Opens the store and starts the node. Gives its entrance beside it.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub(crate) async fn start(
        keys: Keys,
        limits: &config::Limits,
        shelf: Arc<ShelfState>,
        tally: Arc<Tally>,
        metrics: Arc<Metrics>,
    ) -> Result<(Self, Gate), KeeperError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
        let policy = HubPolicy {
            entry_bytes: limits.entry_bytes,
            member_bytes: limits.member_bytes,
            members: limits.max_members,
            silence: limits.member_silence,
        };
        let config = Config { fence: None, keys, hubs: Vec::new(), role: Role::Hub(policy), seed };
        let path = shelf.path().to_owned();
        let (world, gate) = NativeWorld::new(Handle::current(), of_connections(limits), tally);
        let (commands, no_commands) = mpsc::channel(1);
        let (events, told) = mpsc::channel(16);
        tokio::spawn(listen(told, metrics));
        let (say_opened, opened) = oneshot::channel();
        let (say_ended, ended) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let thread = std::thread::Builder::new().name("node".to_owned()).spawn(move || {
            let shelf = match Shelf::open(&shelf) {
                Ok(shelf) => shelf,
                Err(error) => {
                    let _ = say_opened.send(Err(error));
                    return;
                }
            };
            let _ = say_opened.send(Ok(()));
            let life = effigy_engine::run(config, shelf, world, no_commands, events);
            let _ = say_ended.send(runtime.block_on(life));
        })?;
        let opened = opened.await.map_err(|_| KeeperError::Gone)?;
        opened.map_err(|error| KeeperError::of_store(error, &path))?;
        Ok((Self { commands: Some(commands), ended, path, thread: Some(thread) }, gate))
    }

    /// Waits until the node stops by itself, which it should not.
    pub(crate) async fn failed(&mut self) -> KeeperError {
        match (&mut self.ended).await {
            Ok(Err(EngineError::Store(error))) => KeeperError::of_store(error, &self.path),
            Ok(Err(error)) => KeeperError::Engine(error),
            Ok(Ok(())) | Err(_) => KeeperError::Gone,
        }
    }

    /// Ends the node: what it was doing is finished and durable, then its connections close.
    pub(crate) async fn stop(mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}

/// What a hub's node has to say: that its store failed, and whom it keeps no longer.
async fn listen(mut events: mpsc::Receiver<Event>, metrics: Arc<Metrics>) {
    let mut last = Upkeep::default();
    while let Some(event) = events.next().await {
        match event {
            Event::StoreFailed { full: true } => error!(
                "the disk is full: nothing new is kept until there is room; what is stored is given, and letters go on"
            ),
            Event::StoreFailed { full: false } => {
                error!("a write failed; connections were closed and what is stored is read again")
            }
            Event::Room => info!("there is room on the disk again; what was missed is fetched"),
            Event::Upkeep(now) => {
                let expired = now.expired.saturating_sub(last.expired);
                let swept = now.swept.saturating_sub(last.swept);
                if expired > 0 {
                    info!(
                        expired,
                        members = now.members,
                        "members of whom nobody was here for long are kept no longer"
                    );
                }
                if swept > 0 {
                    info!(swept, "what guests had left behind is gone");
                }
                metrics.keep_up(expired, swept, now.members);
                last = now;
            }
            _ => (),
        }
    }
}

fn of_connections(limits: &config::Limits) -> Limits {
    Limits {
        ping_every: limits.ping_interval,
        rate: Rate { burst: limits.message_burst, per_second: limits.messages_per_second },
        silence: limits.silence_timeout,
        unsent_bytes: limits.unsent_bytes,
        ..Limits::default()
    }
}
