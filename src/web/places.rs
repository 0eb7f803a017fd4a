//! Places for connections: a number for each client address and for all, and a reserve for health checks. A new connection
//! takes the place of the one that has waited longest for its client, so clients that connect and send nothing keep no one
//! out.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Waker},
    time::Instant as StdInstant,
};

/// How many connections are open at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceLimits {
    /// For all clients together.
    pub all: usize,
    /// For one address; for IPv6, for one network, because every host has a network of addresses.
    pub per_address: usize,
}

/// Further connections, for health checks only.
const RESERVE: usize = 32;

/// The place of one connection.
pub(crate) struct Place {
    address: IpAddr,
    /// Only health checks are answered.
    pub is_reserve: bool,
    /// Whether a request is being answered.
    is_busy: AtomicBool,
    is_evicted: AtomicBool,
    /// Since when the client is waited for, in milliseconds after the start of the server.
    since: AtomicU64,
    started: StdInstant,
    /// Wakes the connection's task when it is evicted.
    waker: Mutex<Option<Waker>>,
}

impl Place {
    /// Returns whether the place has been given to another connection. Registers the task to be woken when it is.
    pub(super) fn is_evicted(&self, context: &Context<'_>) -> bool {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        self.is_evicted.load(Ordering::SeqCst)
    }

    fn evict(&self) {
        self.is_evicted.store(true, Ordering::SeqCst);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }

    /// The client has received something: the wait for it starts again.
    pub(super) fn touch(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(now, Ordering::Relaxed);
    }

    /// Marks the connection as busy until the guard is dropped.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.is_busy.store(true, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }
}

/// A request is being answered.
pub(crate) struct Busy(Arc<Place>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.is_busy.store(false, Ordering::SeqCst);
    }
}

/// All places that are taken.
pub(super) struct Places {
    taken: Mutex<Vec<Arc<Place>>>,
    limits: PlaceLimits,
    started: StdInstant,
}

impl Places {
    pub(super) fn new(limits: PlaceLimits) -> Self {
        Self { taken: Mutex::default(), limits, started: StdInstant::now() }
    }

    /// Takes a place for a connection; `None` if all are busy.
    pub(super) fn take(&self, address: IpAddr) -> Option<Arc<Place>> {
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |address: IpAddr| taken.iter().filter(|place| !place.is_reserve && place.address == address).count();
        let is_crowded = of(address) >= self.limits.per_address;
        let is_full = taken.iter().filter(|place| !place.is_reserve).count() >= self.limits.all;
        // The address that has the most connections gives up one.
        let from = if is_crowded {
            Some(address)
        } else {
            taken.iter().map(|place| place.address).max_by_key(|address| of(*address)).filter(|_| is_full)
        };
        let is_reserve = match from {
            None => false,
            Some(from) => !evict(&mut taken, |place| !place.is_reserve && place.address == from),
        };
        if is_reserve && taken.iter().filter(|place| place.is_reserve).count() >= RESERVE {
            evict(&mut taken, |place| place.is_reserve).then_some(())?;
        }
        let place = Arc::new(Place {
            address,
            is_reserve,
            is_busy: AtomicBool::new(false),
            is_evicted: AtomicBool::new(false),
            since: AtomicU64::new(0),
            started: self.started,
            waker: Mutex::default(),
        });
        place.touch();
        taken.push(Arc::clone(&place));
        Some(place)
    }

    /// Frees a place.
    pub(super) fn leave(&self, place: &Arc<Place>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|other| !Arc::ptr_eq(other, place));
    }
}

/// Evicts the selected connection that has waited longest for its client. Returns whether there was one that is not busy.
fn evict(taken: &mut Vec<Arc<Place>>, select: impl Fn(&Place) -> bool) -> bool {
    let waiting = taken.iter().enumerate().filter(|(_, place)| select(place) && !place.is_busy.load(Ordering::SeqCst));
    let Some((index, _)) = waiting.min_by_key(|(_, place)| place.since.load(Ordering::Relaxed)) else { return false };
    taken.remove(index).evict();
    true
}

/// The address whose connections are counted together.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PlaceLimits = PlaceLimits { all: 256, per_address: 128 };

    fn is_evicted(place: &Place) -> bool {
        place.is_evicted.load(Ordering::SeqCst)
    }

    #[test]
    fn the_longest_waiting_connection_of_a_crowded_address_is_evicted() {
        let (places, one, other) = (Places::new(LIMITS), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let quiet = places.take(other).unwrap();
        let crowd: Vec<_> = (0..LIMITS.per_address).map(|_| places.take(one).unwrap()).collect();
        let busy = crowd[0].busy();
        let next = places.take(one).unwrap();
        assert!(!next.is_reserve && is_evicted(&crowd[1]), "the first is busy");
        assert!(!is_evicted(&crowd[0]) && !is_evicted(&crowd[2]) && !is_evicted(&quiet));
        drop(busy);
        places.leave(&next);
        assert!(places.take(one).is_some_and(|place| !place.is_reserve));
        assert!(!is_evicted(&crowd[0]) && !is_evicted(&crowd[2]), "a place was free");
    }

    #[test]
    fn if_all_are_busy_the_reserve_is_used() {
        let (places, one) = (Places::new(LIMITS), IpAddr::from([10, 0, 0, 1]));
        let crowd: Vec<_> = (0..LIMITS.per_address).map(|_| places.take(one).unwrap()).collect();
        let _busy: Vec<_> = crowd.iter().map(Place::busy).collect();
        let reserve: Vec<_> = (0..RESERVE).map(|_| places.take(one).unwrap()).collect();
        assert!(reserve.iter().all(|place| place.is_reserve));
        // One more takes the place of the one that has waited longest, unless all are busy.
        assert!(places.take(one).is_some_and(|place| place.is_reserve) && is_evicted(&reserve[0]));
        let other = places.take(IpAddr::from([10, 0, 0, 2])).unwrap();
        assert!(!other.is_reserve, "another address is not affected");
    }

    #[test]
    fn many_addresses_share_all_places() {
        let places = Places::new(LIMITS);
        let all: Vec<_> = (0..=255).map(|host| places.take(IpAddr::from([10, 0, 0, host])).unwrap()).collect();
        let next = places.take(IpAddr::from([10, 0, 1, 1])).unwrap();
        assert!(!next.is_reserve && all.iter().filter(|place| is_evicted(place)).count() == 1);
        let networks = ["2001:db8::1", "2001:db8::2", "::ffff:10.0.0.1"].map(|text| network(text.parse().unwrap()));
        assert_eq!(networks[0], networks[1]);
        assert_eq!(networks[2], IpAddr::from([10, 0, 0, 1]));
    }
}
