//! People for benchmarks: real nodes with real stores, who do what they are told.

use std::sync::Arc;

use effigy_core::Invite;
use effigy_engine::{EngineError, run};
use effigy_net_native::{Limits, NativeWorld, Tally};
use effigy_proto::{Command, Config, Event, Keys, KeysError, Network, Role, Ticket};
use effigy_store::Store;
use futures_channel::mpsc::{Receiver, Sender, channel};
use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinHandle;

/// A person whose node runs on this thread. Must be made inside a `LocalSet`.
pub struct Person {
    commands: Sender<Command>,
    events: Receiver<Event>,
    engine: JoinHandle<Result<(), EngineError>>,
    tickets: u64,
    /// The invite that is shown.
    pub invite: Option<Invite>,
    /// The network as last told.
    pub network: Network,
}

impl Person {
    /// Starts the device of a new account at a hub, and waits until its account has begun.
    ///
    /// # Errors
    /// When there is no randomness or the engine ends.
    pub async fn start(
        name: &str,
        hub: &str,
        store: impl Store + 'static,
    ) -> Result<Self, BenchError> {
        let (mut secret, mut seed) = ([0; 32], [0; 32]);
        getrandom::fill(&mut secret).map_err(|_| BenchError::Random)?;
        getrandom::fill(&mut seed).map_err(|_| BenchError::Random)?;
        let config = Config {
            fence: None,
            keys: Keys::for_account(secret)?,
            hubs: vec![hub.to_owned()],
            role: Role::Person,
            seed,
        };
        let runtime = tokio::runtime::Handle::current();
        let (world, _gate) =
            NativeWorld::new(runtime, Limits::default(), Arc::new(Tally::default()));
        let (commands, commands_in) = channel(256);
        let (events_out, events) = channel(1_024);
        let engine = tokio::task::spawn_local(run(config, store, world, commands_in, events_out));
        let mut person = Self {
            commands,
            events,
            engine,
            tickets: 0,
            invite: None,
            network: Network::default(),
        };
        person.until(|event| matches!(event, Event::Ready)).await?;
        let (device_name, name) = ("bench".to_owned(), name.to_owned());
        let begin = |ticket| Command::Begin { device_name, name, picture: None, ticket };
        person.ask(begin).await?;
        Ok(person)
    }

    /// Sends a command and waits until it is durable.
    ///
    /// # Errors
    /// When it is refused or the engine ends.
    pub async fn ask(&mut self, command: impl FnOnce(Ticket) -> Command) -> Result<(), BenchError> {
        self.tickets = self.tickets.saturating_add(1);
        let asked = Ticket(self.tickets);
        self.commands.send(command(asked)).await.map_err(|_| BenchError::Ended)?;
        let mut refused = false;
        self.until(|event| match event {
            Event::Done { ticket, .. } => *ticket == asked,
            Event::Refused { ticket, .. } if *ticket == asked => {
                refused = true;
                true
            }
            _ => false,
        })
        .await?;
        if refused { Err(BenchError::Refused) } else { Ok(()) }
    }

    /// Waits for an event, keeping what is told meanwhile.
    ///
    /// # Errors
    /// When the engine ends.
    pub async fn until(
        &mut self,
        mut wanted: impl FnMut(&Event) -> bool,
    ) -> Result<(), BenchError> {
        loop {
            let event = self.events.next().await.ok_or(BenchError::Ended)?;
            let found = wanted(&event);
            match event {
                Event::Invite(invite) => self.invite = Some(invite),
                Event::Network(network) => self.network = network,
                _ => (),
            }
            if found {
                return Ok(());
            }
        }
    }

    /// Stops the engine.
    pub fn stop(self) {
        self.engine.abort();
    }
}

/// Why a benchmark could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The engine ended.
    #[error("the engine ended")]
    Ended,
    /// The keys of a new account could not be made.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random,
    /// A command was refused.
    #[error("a command was refused")]
    Refused,
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] effigy_store::StoreError),
    /// Called without what it needs.
    #[error("usage: {0}")]
    Usage(&'static str),
}
