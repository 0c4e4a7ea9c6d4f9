//! Somebody whose node is honest and whose store is not.

use std::sync::Arc;

use effigy_core::payload::{AddDevice, Genesis, Home, KINDS, Power, Profile, consent_bytes};
use effigy_core::seal::SealingSecret;
use effigy_core::{Blob, Cid, Draft, Identity, Invite, Payload, Purpose, Secret, canon};
use effigy_engine::EngineError;
use effigy_net_native::{Limits, NativeWorld, Tally, now};
use effigy_proto::{Command, Config, Event, Keys, Role, Ticket};
use effigy_store::{Batch, MemoryStore, Store};
use futures_channel::mpsc::{Sender, channel};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_local};

use crate::Failure;
use crate::kept::{self, Ends};

/// Most commands that wait for the node.
const COMMANDS: usize = 8;
/// Most events that wait to be thrown away.
const EVENTS: usize = 256;

/// Somebody with an account, a device and a connection.
pub(crate) struct Person {
    config: Config,
    life: Option<Life>,
    store: MemoryStore,
}

/// A node that runs. It ends when it is no longer commanded.
struct Life {
    commands: Sender<Command>,
    engine: JoinHandle<Result<(), EngineError>>,
}

/// What became of a payload.
pub(crate) enum Said {
    /// It was signed: the id of the entry.
    Signed(Cid),
    /// Every honest node would refuse it, for this reason; it was not signed.
    Refused(String),
}

impl Person {
    /// Begins an account under a name that nobody cleaned, and adds the person of an invite.
    pub(crate) async fn begin(
        name: &str,
        device: &str,
        hub: &str,
        invite: Option<&str>,
    ) -> Result<Self, Failure> {
        let keys = Keys::for_account(random()?).map_err(|_| Failure::Random)?;
        let hubs = vec![hub.to_owned()];
        let config = Config { fence: None, keys, hubs, role: Role::Person, seed: random()? };
        let mut person = Self { config, life: None, store: MemoryStore::new() };
        for (payload, secret) in person.first_words(name, device)? {
            let kind = payload.kind().unwrap_or_default();
            let bytes = payload.write().map_err(|why| Failure::Refused(why.to_string()))?;
            person.sign(kind, bytes, &secret, Batch::new(), None).await?;
        }
        person.wake()?;
        if let Some(invite) = invite {
            let invite = Invite::parse(invite).map_err(|_| Failure::Invite)?;
            let command = Command::AcceptInvite { invite, ticket: Ticket(1) };
            let life = person.life.as_mut().ok_or(Failure::Ended)?;
            life.commands.send(command).await.map_err(|_| Failure::Ended)?;
        }
        Ok(person)
    }

    pub(crate) fn synod(&self) -> Identity {
        self.config.keys.synod.unwrap_or_else(|| self.device())
    }

    fn device(&self) -> Identity {
        self.config.keys.device.identity()
    }

    /// What an account begins with, and who signs it.
    fn first_words(&self, name: &str, device: &str) -> Result<[(Payload, Secret); 3], Failure> {
        let keys = &self.config.keys;
        let words = keys.words.as_ref().ok_or(Failure::Random)?;
        let root = words.root_sign();
        let root_seal = SealingSecret::from_bytes(*words.root_seal());
        let root_seal = root_seal.key().map_err(|_| Failure::Random)?;
        let sealing_key = keys.sealing.key().map_err(|_| Failure::Random)?;
        let consent = consent_bytes(self.synod(), &sealing_key);
        let device = AddDevice {
            consent: keys.device.sign(Purpose::Consent, &consent),
            identity: self.device(),
            name: device.to_owned(),
            powers: vec![Power::Admin, Power::Post],
            replaces: None,
            sealing_key,
        };
        let profile = Profile { about: String::new(), name: name.to_owned(), picture: None };
        Ok([
            (Payload::Genesis(Genesis { sealing_key: root_seal }), root.clone()),
            (Payload::AddDevice(device), root),
            (Payload::Profile(profile), keys.device.clone()),
        ])
    }

    /// Signs payloads as they are and publishes them with blobs, whatever is in those; as one chain, or
    /// as many.
    pub(crate) async fn say(
        &mut self,
        payloads: &[Value],
        blobs: &[String],
        fork: bool,
    ) -> Result<Vec<Said>, Failure> {
        let blobs = kept::blobs(blobs)?;
        self.sleep().await?;
        let before = match fork {
            true => kept::ends(&self.store, self.device()).await?.newest,
            false => None,
        };
        let mut batch = blobs.iter().fold(Batch::new(), kept::blob_puts);
        let mut said = Vec::new();
        for payload in payloads {
            let payload = named(payload, &blobs);
            let kind = payload.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            let bytes = canon::write(&payload).map_err(|why| Failure::Refused(why.to_string()))?;
            said.push(match Payload::parse(&kind, &bytes) {
                Err(why) => Said::Refused(why.to_string()),
                Ok(_) => {
                    let secret = self.config.keys.device.clone();
                    let batch = std::mem::take(&mut batch);
                    Said::Signed(self.sign(&kind, bytes, &secret, batch, before).await?)
                }
            });
        }
        self.store.apply(batch).await?;
        self.wake()?;
        Ok(said)
    }

    /// Signs a payload as the next entry of its feed, or as the next after one of before, and writes it
    /// into the store.
    async fn sign(
        &self,
        kind: &str,
        payload: Vec<u8>,
        secret: &Secret,
        batch: Batch,
        after: Option<(u64, Cid)>,
    ) -> Result<Cid, Failure> {
        let is_of_account = KINDS.iter().any(|it| it.name == kind && it.home == Home::Synod);
        let synod = self.synod();
        let identity = if is_of_account { synod } else { self.device() };
        let Ends { count, newest } = kept::ends(&self.store, identity).await?;
        let newest = after.or(newest);
        let account = kept::ends(&self.store, synod).await?.newest;
        let named = account.filter(|_| !is_of_account).map(|(_, head)| (synod, head));
        let draft = Draft {
            after: newest.map_or(0, |(clock, _)| clock),
            generation: 0,
            identity,
            kind: kind.to_owned(),
            parents: newest.map(|(_, id)| id).into_iter().collect(),
            payload: payload.clone(),
            synod: named,
        };
        let entry = draft.sign(secret, now()).map_err(|why| Failure::Refused(why.to_string()))?;
        self.store.apply(kept::entry_puts(batch, &entry, &payload, count)).await?;
        Ok(entry.id())
    }

    /// Starts the node over what the store holds.
    fn wake(&mut self) -> Result<(), Failure> {
        self.config.seed = random()?;
        let (world, _) =
            NativeWorld::new(Handle::current(), Limits::default(), Arc::new(Tally::default()));
        let (commands, asked) = channel(COMMANDS);
        let (events, mut happened) = channel::<Event>(EVENTS);
        let (config, store) = (self.config.clone(), self.store.clone());
        let engine = spawn_local(effigy_engine::run(config, store, world, asked, events));
        spawn_local(async move { while happened.next().await.is_some() {} });
        self.life = Some(Life { commands, engine });
        Ok(())
    }

    /// Stops the node; what it has written is in the store.
    async fn sleep(&mut self) -> Result<(), Failure> {
        let Some(Life { commands, engine }) = self.life.take() else { return Ok(()) };
        drop(commands);
        engine.await.map_err(|_| Failure::Ended)?.map_err(|_| Failure::Ended)
    }
}

/// The payload with the names of blobs where it stands for them.
fn named(payload: &Value, blobs: &[Blob]) -> Value {
    match payload {
        Value::String(text) => {
            let number = text.strip_prefix("blob:").and_then(|number| number.parse().ok());
            let blob = number.and_then(|number: usize| blobs.get(number));
            blob.map_or_else(|| payload.clone(), |blob| blob.cid().to_string().into())
        }
        Value::Array(items) => items.iter().map(|item| named(item, blobs)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), named(value, blobs)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Random)?;
    Ok(bytes)
}
