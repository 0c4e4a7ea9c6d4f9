//! A person with a device, made of the same crates as the app: node, engine, store, sockets.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use effigy_core::payload::ImageType;
use effigy_core::{Cid, Identity, Invite, Payload};
use effigy_net_native::{Limits, NativeWorld, Tally};
use effigy_proto::{
    Command, Config, Event, HolderKind, Keys, Known, Network, Path, Picture, Pixels, Refusal, Role,
    Ticket,
};
use effigy_store::MemoryStore;
use futures_channel::mpsc;
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};

/// How long anything may take that two people wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the person was told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) contents: Vec<(Cid, Option<Vec<u8>>)>,
    pub(crate) entries: Vec<Known>,
    pub(crate) followed: Vec<Identity>,
    pub(crate) invite: Option<Invite>,
    pub(crate) network: Network,
    pub(crate) done: Vec<Ticket>,
    pub(crate) refused: Vec<(Ticket, Refusal)>,
}

/// Somebody. Dropped, they are gone without a word.
pub(crate) struct Person {
    commands: mpsc::Sender<Command>,
    config: Config,
    engine: JoinHandle<()>,
    n_tickets: u64,
    pub(crate) store: MemoryStore,
    told: Rc<RefCell<Told>>,
    news: Rc<Notify>,
}

/// Somebody whose device is off.
pub(crate) struct Asleep {
    config: Config,
    pub(crate) store: MemoryStore,
}

impl Asleep {
    /// The same person later: a new program over what the store holds.
    pub(crate) fn resume(mut self) -> Person {
        getrandom::fill(&mut self.config.seed).unwrap();
        Person::live(self.config, self.store)
    }
}

/// Runs what a test does among people.
pub(crate) fn among_people(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test);
}

impl Person {
    /// A person with an account, whose hubs these are.
    pub(crate) async fn begin(name: &str, hubs: &[&str]) -> Self {
        let mut person = Self::new(hubs);
        let device_name = "laptop".to_owned();
        let name = name.to_owned();
        person
            .ask(|ticket| Command::Begin { device_name, name, picture: None, ticket })
            .await
            .expect("an account begins");
        person
    }

    /// Somebody who has keys and nothing else.
    pub(crate) fn new(hubs: &[&str]) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let keys = Keys::for_account(seed).unwrap();
        seed.reverse();
        let hubs = hubs.iter().map(|hub| (*hub).to_owned()).collect();
        let config = Config { fence: None, keys, hubs, role: Role::Person, seed };
        Self::live(config, MemoryStore::new())
    }

    /// Ends the program; the store stays.
    pub(crate) async fn pause(self) -> Asleep {
        let Self { commands, config, engine, store, .. } = self;
        drop(commands);
        engine.await.unwrap();
        Asleep { config, store }
    }

    fn live(config: Config, store: MemoryStore) -> Self {
        let (world, _) =
            NativeWorld::new(Handle::current(), Limits::default(), Arc::new(Tally::default()));
        let (commands, asked) = mpsc::channel(8);
        let (events, mut happened) = mpsc::channel(64);
        let told = Rc::new(RefCell::new(Told::default()));
        let news = Rc::new(Notify::new());
        let life = effigy_engine::run(config.clone(), store.clone(), world, asked, events);
        let engine = tokio::task::spawn_local(async { life.await.unwrap() });
        let (log, bell) = (Rc::clone(&told), Rc::clone(&news));
        tokio::task::spawn_local(async move {
            while let Some(event) = happened.next().await {
                log.borrow_mut().take(event);
                bell.notify_one();
            }
        });
        Self { commands, config, engine, n_tickets: 0, store, told, news }
    }

    pub(crate) fn device(&self) -> Identity {
        self.config.keys.device.identity()
    }

    pub(crate) fn synod(&self) -> Identity {
        self.config.keys.synod.unwrap()
    }

    /// Asks for something that is answered.
    pub(crate) async fn ask(
        &mut self,
        command: impl FnOnce(Ticket) -> Command,
    ) -> Result<(), Refusal> {
        self.n_tickets += 1;
        let ticket = Ticket(self.n_tickets);
        self.tell(command(ticket)).await;
        self.until("an answer", |told| {
            let refused = told.refused.iter().find(|(about, _)| *about == ticket);
            let done = told.done.contains(&ticket).then_some(Ok(()));
            refused.map(|(_, why)| Err(*why)).or(done)
        })
        .await
    }

    /// Asks for something that is not.
    pub(crate) async fn tell(&mut self, command: Command) {
        self.commands.send(command).await.unwrap();
    }

    pub(crate) async fn post(&mut self, text: &str) {
        let text = text.to_owned();
        self.ask(|ticket| Command::Publish { pictures: vec![], text, ticket }).await.unwrap();
    }

    /// Posts a picture of about so many bytes, and gives its name and size.
    pub(crate) async fn post_picture(&mut self, text: &str, bytes: &[u8]) -> (Cid, u64) {
        let full =
            Pixels { bytes: bytes.to_vec(), image_type: ImageType::Png, height: 8, width: 8 };
        let pictures = vec![Picture { alt: "noise".to_owned(), full, thumbnail: None }];
        let caption = text.to_owned();
        self.ask(|ticket| Command::Publish { pictures, text: caption, ticket }).await.unwrap();
        let image = self.until("the own post", |told| told.image_of(text)).await;
        (image.0, image.1)
    }

    pub(crate) async fn accept(&mut self, invite: Invite) {
        self.ask(|ticket| Command::AcceptInvite { invite, ticket }).await.unwrap();
    }

    pub(crate) async fn invite(&self) -> Invite {
        self.until("an invite with a hub", |told| {
            told.invite.clone().filter(|invite| invite.hub.is_some())
        })
        .await
    }

    /// Waits until what was told answers a question.
    pub(crate) async fn until<T>(&self, what: &str, mut find: impl FnMut(&Told) -> Option<T>) -> T {
        let search = async {
            loop {
                if let Some(found) = find(&self.told.borrow()) {
                    return found;
                }
                self.news.notified().await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => {
                panic!("waited in vain for {what}; network: {:#?}", self.told.borrow().network)
            }
        }
    }

    pub(crate) async fn until_true(&self, what: &str, mut is_so: impl FnMut(&Told) -> bool) {
        self.until(what, |told| is_so(told).then_some(())).await;
    }

    pub(crate) async fn until_reads(&self, text: &str) {
        self.until_true(&format!("the post {text:?}"), |told| told.has_post(text)).await;
    }

    /// Waits until a hub confirmed all of the own feed.
    pub(crate) async fn until_kept(&self) {
        let device = self.device();
        self.until_true("a hub's receipt", |told| {
            let own = told.entries.iter().filter(|known| known.entry.header().identity == device);
            told.kept_by(HolderKind::Hub) >= own.count() as u64
        })
        .await;
    }

    pub(crate) async fn until_connected(&self) {
        self.until_true("a hub", |told| {
            told.network.peers.iter().any(|peer| peer.path == Path::Hub && peer.synod.is_none())
        })
        .await;
    }

    /// Looks at what was told so far.
    pub(crate) fn told<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        look(&self.told.borrow())
    }
}

impl Told {
    fn take(&mut self, event: Event) {
        match event {
            Event::Content { bytes, cid, .. } => self.contents.push((cid, bytes)),
            Event::Done { ticket, .. } => self.done.push(ticket),
            Event::Entries(known) => self.entries.extend(known),
            Event::Followed { synod, .. } => self.followed.push(synod),
            Event::Invite(invite) => self.invite = Some(invite),
            Event::Network(network) => self.network = network,
            Event::Refused { ticket, why } => self.refused.push((ticket, why)),
            _ => (),
        }
    }

    /// The texts of all posts, in the order in which they came.
    pub(crate) fn posts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|known| match &known.payload {
            Some(Payload::Note(note)) => Some(note.text.as_str()),
            _ => None,
        })
    }

    pub(crate) fn has_post(&self, text: &str) -> bool {
        self.posts().any(|post| post == text)
    }

    /// The picture of the post with this text.
    pub(crate) fn image_of(&self, text: &str) -> Option<(Cid, u64)> {
        self.entries.iter().find_map(|known| match &known.payload {
            Some(Payload::Note(note)) if note.text == text => {
                note.images.first().map(|image| (image.content.cid, image.content.size))
            }
            _ => None,
        })
    }

    /// How many of the own entries somebody of this kind said to hold.
    pub(crate) fn kept_by(&self, kind: HolderKind) -> u64 {
        let receipts = self.network.receipts.iter().filter(|receipt| receipt.kind == kind);
        receipts.map(|receipt| receipt.count).max().unwrap_or(0)
    }
}

/// Two people who follow one another.
pub(crate) async fn befriend(ana: &Person, ben: &mut Person) {
    let invite = ana.invite().await;
    ben.accept(invite).await;
    let (anas, bens) = (ana.synod(), ben.synod());
    ana.until_true("a follower", |told| told.followed.contains(&bens)).await;
    ben.until_true("to be followed back", |told| told.followed.contains(&anas)).await;
}

/// A picture of noise with so many bytes of pixels.
pub(crate) fn picture(n_bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; n_bytes];
    getrandom::fill(&mut noise).unwrap();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], body: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(body);
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes.extend(name);
        bytes.extend(body);
        bytes.extend(sum.sum().to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
    chunk(b"IDAT", &noise);
    chunk(b"IEND", &[]);
    bytes
}
