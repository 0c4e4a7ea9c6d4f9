//! A device without an account, while it is being linked: it runs an engine that keeps nothing.

use effigy_net_web::{WebWorld, random};
use effigy_proto::{Config, Event, Keys, Linked, Linking, Role};
use effigy_store_idb::IdbStore;
use futures_channel::mpsc;
use futures_util::StreamExt as _;
use futures_util::future::{Either, join, select};
use futures_util::pin_mut;

use super::{Fault, Inbox, Model, Wish, account};
use crate::browser::{accounts, database, workers};

/// The name of the database that is used meanwhile. Nothing in it is of use to anybody later.
const DATABASE: &str = "effigy-linking";
/// How many commands wait for the engine, and how many events for the screen.
const QUEUE: usize = 64;

/// Runs until this device was let into an account, or the person wishes for something else. Gives what is
/// to be done next.
///
/// # Errors
/// When nothing works here.
pub(super) async fn run(model: Model, inbox: &mut Inbox) -> Result<Wish, Fault> {
    let (Ok(seed), Ok(chance)) = (random(), random()) else { return Err(Fault::Unsupported) };
    let name = accounts::name(DATABASE);
    database::delete(&name).await;
    let (store, _) = IdbStore::open(&name).await.map_err(|_| Fault::NoStore)?;
    let keys = Keys::for_newcomer(seed);
    let world = WebWorld::new(Vec::new(), workers::pool(), account::note());
    let stop = world.stopper();
    let (commands, commands_in) = mpsc::channel(QUEUE);
    let (events, mut events_in) = mpsc::channel(QUEUE);
    let config = Config {
        fence: None,
        hubs: Vec::new(),
        keys: keys.clone(),
        role: Role::Person,
        seed: chance,
    };
    let engine = effigy_engine::run(config, store, world, commands_in, events);
    let wishes = &mut inbox.wishes;
    let attend = async {
        let mut next = None;
        loop {
            match select(events_in.next(), wishes.next()).await {
                Either::Left((Some(Event::Linking(linking)), _)) => {
                    if let Linking::Done(Linked::Joined { hubs, synod, .. }) = &linking {
                        let keys = Keys { joining: true, synod: Some(*synod), ..keys.clone() };
                        next = Some(Wish::Join { hubs: hubs.clone(), keys: Box::new(keys) });
                        stop.stop();
                    }
                    model.apply(Event::Linking(linking));
                }
                // An engine without an account has nothing else to tell.
                Either::Left((Some(_), _)) | Either::Right((Some(Wish::Link), _)) => (),
                Either::Left((None, _)) => return next,
                Either::Right((wish, _)) => {
                    next = next.or(wish);
                    stop.stop();
                }
            }
        }
    };
    let all = join(engine, attend);
    let forward = (&mut inbox.commands).map(Ok).forward(commands);
    pin_mut!(all, forward);
    let (ended, next) = match select(all, forward).await {
        Either::Left((ended, _)) => ended,
        Either::Right((_, all)) => all.await,
    };
    database::delete(&name).await;
    match (ended, next) {
        (_, Some(next)) => Ok(next),
        _ => Err(Fault::Stopped),
    }
}
