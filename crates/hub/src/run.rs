//! The life of a hub: take the folder, open the port, serve, and stop without cutting anybody off.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use effigy_net_native::Tally;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::app::{self, App};
use crate::banner;
use crate::config::Config;
use crate::data::{DataError, DataFolder};
use crate::keeper::{Keeper, KeeperError};
use crate::listen::{Lobby, PORCH};
use crate::metrics::Metrics;
use crate::policy::Doors;
use crate::serve::{Assets, AssetsError};
use crate::shelf::ShelfState;
use crate::tls::{self, TlsError};

/// Connections that wait in the system's queue while we are busy.
const BACKLOG: u32 = 1024;
/// File handles for the store, the logs and the runtime itself.
const SPARE_HANDLES: u64 = 64;

/// Why a hub did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The app's folder.
    #[error(transparent)]
    Assets(#[from] AssetsError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The node.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// The system gave no threads or no signals.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Runs a hub until it is told to stop.
///
/// # Errors
/// When it cannot start.
pub(crate) fn run(config: Config) -> Result<(), RunError> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(live(config));
    // A probe of a disk that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

async fn live(config: Config) -> Result<(), RunError> {
    let mut stop = Stop::new()?;
    let data = Arc::new(DataFolder::open(&config.data)?);
    let keys = data.keys()?;
    let hub = keys.device.identity();
    let tls = tls::acceptor(&config)?;
    let assets = match &config.assets {
        Some(folder) => Assets::folder(folder)?,
        None => Assets::embedded(),
    };
    let listener = bind(config.listen)?;
    let bound = listener.local_addr()?;
    let (shelf, tally) = (Arc::new(ShelfState::new(data.store())), Arc::new(Tally::default()));
    let metrics = Arc::new(Metrics::default());
    let (shelf_seen, tally_seen) = (Arc::clone(&shelf), Arc::clone(&tally));
    let keeping = Keeper::start(keys, &config.limits, shelf_seen, tally_seen, Arc::clone(&metrics));
    let (keeper, gate) = keeping.await?;

    let doors = Doors::new(&config, affordable(config.limits.max_connections));
    let origins = config.origins_for(bound);
    banner::show(&config, &origins);
    info!(hub = hub.short(), address = %bound, tls = config.is_tls(), "started");
    if assets.n_embedded() == Some(0) {
        warn!("this hub was built without the app; run `cargo xtask start`");
    }
    let router = app::router(Arc::new(App {
        app_origins: config.app_origins.clone(),
        assets,
        data,
        doors: Arc::clone(&doors),
        gate,
        is_strict: app::is_strict(&config, &origins),
        metrics: Arc::clone(&metrics),
        metrics_audience: config.metrics,
        origins,
        shelf,
        started: Instant::now(),
        strangers: Arc::new(Semaphore::new(config.limits.max_strangers)),
        tally,
    }));
    let (stopping, stop_seen) = watch::channel(false);
    let drain_time = config.limits.drain_time;
    let limits = Arc::new(config.limits);
    let porch = Arc::new(Semaphore::new(PORCH));
    let doors_seen = Arc::clone(&doors);
    let lobby = Lobby { doors: doors_seen, limits, metrics, porch, router, stop: stop_seen, tls };
    let accepting = tokio::spawn(lobby.accept(listener));
    let ending = Ending { accepting, doors, drain_time, stopping };
    run_until_told(keeper, ending, &mut stop).await
}

/// What has to be brought to an end.
struct Ending {
    accepting: JoinHandle<()>,
    doors: Arc<Doors>,
    drain_time: Duration,
    stopping: watch::Sender<bool>,
}

/// Waits for the end and makes it a good one: nobody new, the node's work durable, then every
/// connection closed.
async fn run_until_told(
    mut keeper: Keeper,
    ending: Ending,
    stop: &mut Stop,
) -> Result<(), RunError> {
    let Ending { accepting, doors, drain_time, stopping } = ending;
    tokio::select! {
        () = stop.told() => {}
        failure = keeper.failed() => return Err(failure.into()),
    }
    info!(connections = doors.n_open(), "stopping; a second signal stops at once");
    stopping.send_replace(true);
    let drain = async {
        let _ = accepting.await;
        tokio::join!(keeper.stop(), doors.wait_until_empty(drain_time)).1
    };
    let is_drained = tokio::select! {
        is_drained = drain => is_drained,
        () = stop.told() => false,
    };
    if is_drained {
        info!("stopped");
    } else {
        warn!(connections = doors.n_open(), "stopped with connections still open");
    }
    Ok(())
}

/// The two signals that mean "stop".
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Opens the port, also right after a hub died there and its last connections still linger.
fn bind(address: SocketAddr) -> Result<TcpListener, RunError> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|source| RunError::Bind { address, source })
}

/// How many connections the system will really let us have, after asking it for as many as wanted.
fn affordable(wanted: usize) -> usize {
    let needed = wanted as u64 + SPARE_HANDLES;
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < needed) else { return wanted };
    let raised = limit.maximum.map_or(needed, |maximum| maximum.min(needed)).max(current);
    let granted =
        match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum })
        {
            Ok(()) => raised,
            Err(_) => current,
        };
    if granted >= needed {
        return wanted;
    }
    let connections =
        usize::try_from(granted.saturating_sub(SPARE_HANDLES)).unwrap_or(wanted).max(1);
    warn!(wanted, connections, "fewer connections: the system allows {granted} open files");
    connections
}
