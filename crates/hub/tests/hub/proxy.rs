//! A network that can be cut, or that stops carrying anything without a word.

use std::cell::Cell;
use std::rc::Rc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Weather {
    /// Carries everything.
    Fine,
    /// Carries nothing, and holds what is open.
    Frozen,
    /// Closes what is open and refuses what comes.
    Cut,
}

/// A way to a hub. Runs on the test's own thread.
pub(crate) struct Proxy {
    n_carried: Rc<Cell<u64>>,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A way from a port to a port of this machine.
    pub(crate) fn start(listener: std::net::TcpListener, to: u16) -> Self {
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let (weather, seen) = watch::channel(Weather::Fine);
        let n_carried = Rc::new(Cell::new(0));
        let carried = Rc::clone(&n_carried);
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if *seen.borrow() == Weather::Fine {
                    carried.set(carried.get() + 1);
                    tokio::task::spawn_local(carry(stream, to, seen.clone()));
                }
            }
        });
        Self { n_carried, weather }
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Connections so far.
    pub(crate) fn n_carried(&self) -> u64 {
        self.n_carried.get()
    }
}

async fn carry(mut from: TcpStream, to: u16, mut weather: watch::Receiver<Weather>) {
    let Ok(mut to) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut from, &mut to) => return,
        _ = weather.wait_for(|weather| *weather != Weather::Fine) => (),
    }
    // Frozen: both sockets stay open, and nobody reads or writes them any more.
    let _ = weather.wait_for(|weather| *weather != Weather::Frozen).await;
}
