//! The loop: one input, then everything that follows from it, in its order.

use std::collections::BTreeSet;

use effigy_core::Span;
use effigy_core::random::Random;
use effigy_proto::{Command, Config, Event, Input, Node, Output, Role, Ticket};
use effigy_store::{Batch, Durability, Key, Store, StoreError, Table};
use futures_channel::mpsc::{Receiver, Sender};
use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt, pin_mut};

use crate::World;

/// How many records are read at a time when a node is told what its store holds.
const PAGE: usize = 256;

/// How long a store is left alone that does not even take what a start writes, or has failed again.
const LEAVE_ALONE: Span = Span::seconds(5);

/// How many inputs may be kept by one write.
const TOGETHER: usize = 64;

/// As much room as there has to be before a hub whose disk was full takes anything in again.
const ROOM: usize = 1 << 20;

/// Runs a node until the world ends or nobody commands it any more.
///
/// When a write fails, everything that would have followed from it is dropped, the connections are
/// closed, and the node begins again from what the store really holds: nothing is promised, shown
/// or sent that a restart would not find. A hub for which there was no room goes on as one that keeps
/// nothing, and begins again once there is.
///
/// # Errors
/// When the store cannot be read, or nobody listens to events.
pub async fn run(
    mut config: Config,
    store: impl Store,
    mut world: impl World,
    mut commands: Receiver<Command>,
    mut events: Sender<Event>,
) -> Result<(), EngineError> {
    let mut random = Random::seeded(config.seed);
    let (mut first, mut failed_at) = (None, None);
    let (mut rereads, mut is_full) = (false, false);
    let mut open = BTreeSet::new();
    loop {
        config.seed = random.bytes();
        let begin = if rereads { Node::rereading } else { Node::new };
        let mut node = begin(config.clone());
        if is_full {
            node.keep_nothing();
        }
        let mut engine =
            Engine { node, store: &store, world: &mut world, events, open, has_started: false };
        let ended = engine.live(&mut commands, first.take()).await;
        let has_started = engine.has_started;
        (events, open) = (engine.events, engine.open);
        config.keys = engine.node.into_keys();
        rereads &= !has_started;
        match ended {
            Ok(()) => return Ok(()),
            Err(EngineError::Damaged) => {
                world.reset();
                config.fence = world.fenced().or(config.fence);
                rereads = true;
                refuse(&mut events, &mut open, false).await?;
                continue;
            }
            Err(EngineError::Room) => {
                is_full = false;
                world.reset();
                events.send(Event::Room).await.map_err(|_| EngineError::Deaf)?;
                continue;
            }
            Err(EngineError::Write { full }) => {
                world.reset();
                config.fence = world.fenced().or(config.fence);
                // What was not begun yet is still done; who waits for what was, waits in vain.
                refuse(&mut events, &mut open, full).await?;
                events.send(Event::StoreFailed { full }).await.map_err(|_| EngineError::Deaf)?;
                if full && matches!(config.role, Role::Hub(_)) {
                    // As such it writes nothing, so this happens once.
                    is_full = true;
                    continue;
                }
            }
            Err(error) => return Err(error),
        }
        // Beginning again at once and for ever would only burn the battery: friends go on sending
        // while the disk is full.
        let now = world.now();
        let again = failed_at.replace(now).is_some_and(|then| now.since(then) < LEAVE_ALONE);
        if !has_started || again {
            match rest(&mut world, &mut commands).await {
                Some(Input::Command(command)) => first = Some(command),
                Some(_) => (),
                None => return Ok(()),
            }
        }
    }
}

/// Answers everybody who waits for what the node had taken on.
async fn refuse(
    events: &mut Sender<Event>,
    open: &mut BTreeSet<Ticket>,
    full: bool,
) -> Result<(), EngineError> {
    for ticket in std::mem::take(open) {
        let answer = Event::NotKept { full, ticket };
        events.send(answer).await.map_err(|_| EngineError::Deaf)?;
    }
    Ok(())
}

/// Waits until the person asks for something, or a while has passed.
async fn rest(world: &mut impl World, commands: &mut Receiver<Command>) -> Option<Input> {
    world.wake_at(world.now().after(LEAVE_ALONE));
    loop {
        let input = next(world, commands).await;
        if matches!(input, Some(Input::Command(_) | Input::Tick) | None) {
            return input;
        }
    }
}

/// The next thing that happens, outside or here.
async fn next(world: &mut impl World, commands: &mut Receiver<Command>) -> Option<Input> {
    let command = commands.next();
    let happening = world.next();
    pin_mut!(command, happening);
    match select(command, happening).await {
        Either::Left((command, _)) => command.map(Input::Command),
        Either::Right((input, _)) => input,
    }
}

struct Engine<'a, S, W> {
    node: Node,
    store: &'a S,
    world: &'a mut W,
    events: Sender<Event>,
    /// What the node was asked and has not answered. No more than it takes on at a time.
    open: BTreeSet<Ticket>,
    /// Whether everything that the start asked for was done.
    has_started: bool,
}

impl<S: Store, W: World> Engine<'_, S, W> {
    async fn live(
        &mut self,
        commands: &mut Receiver<Command>,
        first: Option<Command>,
    ) -> Result<(), EngineError> {
        // A start that fails takes with it what it was made for.
        self.open.extend(first.as_ref().and_then(Command::ticket));
        self.restore().await?;
        self.node.start(self.world.now());
        self.drain().await?;
        self.has_started = true;
        let mut input = first.map(Input::Command);
        loop {
            let taken = match input.take() {
                Some(input) => Some(input),
                None => next(self.world, commands).await,
            };
            let Some(taken) = taken else { return Ok(()) };
            if let Input::Command(command) = &taken {
                self.open.extend(command.ticket());
            }
            if let Some(fence) = self.world.fenced() {
                self.node.see_fence(&fence);
            }
            self.node.handle(taken, self.world.now());
            // The disk takes as long for much as for little.
            for _ in 1..TOGETHER {
                if !self.node.may_go_on() {
                    break;
                }
                let Some(input) = self.world.at_hand() else { break };
                self.node.handle(input, self.world.now());
            }
            self.drain().await?;
            if self.node.looks_for_room() && self.has_room().await {
                return Err(EngineError::Room);
            }
        }
    }

    /// Whether something can be written again, and be taken away.
    async fn has_room(&self) -> bool {
        let key = Key::new(Table::Meta, b"room".as_slice());
        let put = Batch::new().put(key.clone(), vec![0; ROOM]).strict();
        self.store.apply(put).await.is_ok()
            && self.store.apply(Batch::new().delete(key).strict()).await.is_ok()
    }

    /// Tells the node what the store holds, as far as it asks, page by page.
    async fn restore(&mut self) -> Result<(), EngineError> {
        while let Some(range) = self.node.next_read() {
            let table = range.table;
            let mut range = range.limited(PAGE);
            // What it already asks for may be for the first screen.
            self.drain().await?;
            loop {
                let page = self.store.scan(range.clone()).await?;
                let full = page.len() == PAGE;
                if let Some((last, _)) = page.last() {
                    range.start = std::ops::Bound::Excluded(last.clone());
                }
                for (key, value) in page {
                    // A record that cannot be read is passed over: one bad one never stops the rest.
                    let _ = self.node.restore(table, &key, &value);
                    self.world.breathe().await;
                }
                self.drain().await?;
                if !full {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Writes. Where there is no room for what is one's own, what others gave makes room: it can be
    /// had again.
    async fn save(&mut self, batch: Batch) -> Result<(), StoreError> {
        if batch.durability == Durability::Relaxed {
            return self.store.apply(batch).await;
        }
        match self.store.apply(batch.clone()).await {
            Err(StoreError::Full) => {
                let Some(room) = self.node.make_room() else { return Err(StoreError::Full) };
                self.store.apply(room).await?;
                self.store.apply(batch).await
            }
            done => done,
        }
    }

    /// Does everything that the node asks, in its order: durable first, then told.
    async fn drain(&mut self) -> Result<(), EngineError> {
        while let Some(output) = self.node.poll() {
            match output {
                Output::Close(link) => self.world.close(link),
                Output::Dial(link, origin) => self.world.dial(link, origin),
                Output::Emit(event) => {
                    if let Event::Done { ticket, .. } | Event::Refused { ticket, .. } = &event {
                        self.open.remove(ticket);
                    }
                    self.events.send(event).await.map_err(|_| EngineError::Deaf)?;
                }
                Output::Fence(fence) => self.world.fence(&fence),
                Output::Load(load, key) => {
                    let found = match self.store.read(key).await {
                        Ok(found) => found,
                        // One damaged record is as good as none: it is fetched again.
                        Err(StoreError::Damaged(_)) => None,
                        Err(error) => return Err(error.into()),
                    };
                    self.node.handle(Input::Loaded(load, found), self.world.now());
                    // Much may be read in a row.
                    self.world.breathe().await;
                }
                Output::Reread => return Err(EngineError::Damaged),
                Output::Rtc(link, action) => self.world.rtc(link, action),
                Output::Save(batch) => {
                    if let Err(error) = self.save(batch).await {
                        let full = matches!(error, StoreError::Full);
                        return Err(EngineError::Write { full });
                    }
                }
                Output::Send(link, frame) => self.world.send(link, frame),
                Output::WakeAt(time) => self.world.wake_at(time),
            }
        }
        Ok(())
    }
}

/// Why the engine stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What was noted of the store's packs cannot be right. The node begins again and reads them.
    #[error("what was noted of the store is damaged")]
    Damaged,
    /// Nobody listens to events any more.
    #[error("nobody listens to events")]
    Deaf,
    /// There is room again. The node begins again.
    #[error("there is room again")]
    Room,
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(#[from] StoreError),
    /// A write failed. The node begins again.
    #[error("a write failed")]
    Write {
        /// Whether for want of room.
        full: bool,
    },
}

#[cfg(test)]
mod tests {
    use effigy_core::Time;
    use effigy_proto::{Fence, Frame, Keys, Link, Refusal, Role, RtcAction};
    use effigy_store::suite::block_on;
    use effigy_store::{Faulty, MemoryStore};
    use futures_channel::mpsc::channel;

    use super::*;

    /// A world in which nothing happens but the alarm.
    #[derive(Default)]
    struct Quiet {
        fence: Option<Fence>,
        alarms: u32,
        due: bool,
        /// What another writes down as soon as this one has started.
        moves: Option<Fence>,
    }

    impl World for &mut Quiet {
        fn now(&self) -> Time {
            Time(1_763_632_800_000)
        }
        async fn next(&mut self) -> Option<Input> {
            if std::mem::take(&mut self.due) {
                return Some(Input::Tick);
            }
            std::future::pending().await
        }
        fn close(&mut self, _: Link) {}
        fn dial(&mut self, _: Link, _: String) {}
        fn fence(&mut self, fence: &Fence) {
            self.fence = Some(fence.clone());
        }
        fn fenced(&self) -> Option<Fence> {
            self.moves.clone().or_else(|| self.fence.clone())
        }
        fn reset(&mut self) {}
        fn rtc(&mut self, _: Link, _: RtcAction) {}
        fn send(&mut self, _: Link, _: Frame) {}
        fn wake_at(&mut self, _: Time) {
            self.alarms += 1;
        }
    }

    fn config(fence: Option<Fence>) -> Config {
        let keys = Keys::for_account([1; 32]).unwrap();
        Config { fence, keys, hubs: Vec::new(), role: Role::Person, seed: [2; 32] }
    }

    /// Runs an engine with these commands until they are used up; what it told.
    fn told(store: impl Store, world: &mut Quiet, commands: Vec<Command>) -> Vec<Event> {
        let (mut sender, receiver) = channel(64);
        let (events, mut events_out) = channel(1_024);
        for command in commands {
            sender.try_send(command).unwrap();
        }
        drop(sender);
        let fence = world.fence.clone();
        block_on(run(config(fence), store, world, receiver, events)).unwrap();
        std::iter::from_fn(|| events_out.try_recv().ok()).collect()
    }

    fn account() -> Vec<Command> {
        let begin = Command::Begin {
            device_name: "phone".to_owned(),
            name: "Ana".to_owned(),
            picture: None,
            ticket: Ticket(1),
        };
        let post = |n: u64| Command::Publish {
            pictures: Vec::new(),
            text: n.to_string(),
            ticket: Ticket(n),
        };
        std::iter::once(begin).chain((2..6).map(post)).collect()
    }

    #[test]
    fn whatever_write_fails_what_was_confirmed_is_there_after_a_restart() {
        for writes in 0..12 {
            let (memory, mut world) = (MemoryStore::default(), Quiet::default());
            let store = Faulty::after(writes, memory.clone());
            let events = told(store, &mut world, account());
            let again = told(memory, &mut world, Vec::new());
            let held = |id| {
                again.iter().any(|event| match event {
                    Event::Entries(known) => known.iter().any(|known| known.entry.id() == id),
                    _ => false,
                })
            };
            for event in &events {
                if let Event::Done { id: Some(id), .. } = event {
                    assert!(held(*id), "{writes} writes: a confirmed entry is lost");
                }
            }
            let repair = again.iter().any(|event| matches!(event, Event::Repair(_)));
            assert!(!repair, "{writes} writes: the fence is never ahead of the store");
        }
    }

    #[test]
    fn whoever_waits_is_told_once_and_only_of_what_became_of_it() {
        for writes in 0..12 {
            let (memory, mut world) = (MemoryStore::default(), Quiet::default());
            let store = Faulty::after(writes, memory).failing_with(|| StoreError::Full);
            let events = told(store, &mut world, account());
            for number in 1..6 {
                let about = |event: &&Event| match event {
                    Event::Done { ticket, .. }
                    | Event::NotKept { ticket, .. }
                    | Event::Refused { ticket, .. } => *ticket == Ticket(number),
                    _ => false,
                };
                assert_eq!(events.iter().filter(about).count(), 1, "{writes} writes, {number}");
            }
        }
    }

    #[test]
    fn nothing_is_signed_behind_a_fence_that_another_has_moved() {
        let (memory, mut world) = (MemoryStore::default(), Quiet::default());
        told(memory.clone(), &mut world, account());
        let fence = world.fence.clone().unwrap();
        world.moves = Some(Fence { device_count: fence.device_count + 1, ..fence });
        let post =
            Command::Publish { pictures: Vec::new(), text: "twice".to_owned(), ticket: Ticket(9) };
        let events = told(memory, &mut world, vec![Command::Wake, post]);
        let refused = |event: &Event| {
            matches!(event, Event::Refused { ticket: Ticket(9), why: Refusal::Repairing })
        };
        assert!(events.iter().any(refused), "{events:?}");
    }

    #[test]
    fn a_store_that_takes_nothing_is_left_alone_for_a_while() {
        let mut world = Quiet::default();
        let store = Faulty::after(0, MemoryStore::default());
        let events = told(store, &mut world, account());
        let failures =
            events.iter().filter(|event| matches!(event, Event::StoreFailed { .. })).count();
        assert!((1..=6).contains(&failures), "once, and once for each command: {failures}");
        assert!(world.alarms >= 1);
    }
}
