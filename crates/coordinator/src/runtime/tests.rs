//! Tests of [`Runtime`] with a shard of a few lines: cells with values, callers that park at a cell, deadlines.

use jackdaw_base::TimestampMs;
use jackdaw_base::Uuid;

use super::*;
use crate::group::undo_map::UndoMap;
use crate::shard::{Extent, OutputOf, Progress, StepKind};

#[derive(Clone, Debug)]
enum Request {
    /// Sets a cell; the record takes so many bytes.
    Set {
        cell: u32,
        value: i64,
        size_bytes: usize,
    },
    Get {
        cell: u32,
    },
    /// Answered when the cell is set.
    Park {
        cell: u32,
    },
    /// As `Set`, from the node itself.
    Notice {
        cell: u32,
        value: i64,
    },
    /// Sets each of these cells that is not set, in as many batches as it takes.
    SetMany {
        first: u32,
        last: u32,
        size_bytes: usize,
    },
    /// A record that sets cell 0 to 99, due then.
    Timer {
        at: u64,
        size_bytes: usize,
    },
}

#[derive(Clone, PartialEq, Debug)]
struct Record {
    cell: u32,
    value: i64,
    size_bytes: usize,
}

#[derive(Debug, Default)]
struct Cells {
    values: UndoMap<u32, i64>,
    parked: UndoMap<Token, u32>,
    timers: UndoMap<MonotonicNs, usize>,
    loaded: UndoMap<(), u32>,
    given_up: u32,
}

impl Cells {
    fn write(&mut self, out: &mut OutputOf<Self>, record: Record) {
        self.replay(&record);
        out.records.push(record);
    }
}

impl Shard for Cells {
    type Record = Record;
    type Request = Request;
    type Answer = Option<i64>;
    type World = ();

    fn mark(&mut self) {
        self.values.mark();
        self.parked.mark();
        self.timers.mark();
        self.loaded.mark();
    }
    fn begin_step(&mut self) {
        self.values.begin_step();
        self.parked.begin_step();
        self.timers.begin_step();
        self.loaded.begin_step();
    }
    fn keep(&mut self) {
        self.values.keep();
        self.parked.keep();
        self.timers.keep();
        self.loaded.keep();
    }
    fn roll_back(&mut self) {
        self.values.roll_back();
        self.parked.roll_back();
        self.timers.roll_back();
        self.loaded.roll_back();
    }
    fn roll_back_step(&mut self) {
        self.values.roll_back_step();
        self.parked.roll_back_step();
        self.timers.roll_back_step();
        self.loaded.roll_back_step();
    }
    fn replay(&mut self, record: &Record) {
        self.values.insert(record.cell, record.value);
    }
    fn replay_transactional(&mut self, _producer: ProducerId, record: &Record) {
        self.replay(record);
    }
    fn replay_transaction_end(&mut self, _producer: ProducerId, _end: TransactionEnd) {}
    fn on_loaded(&mut self, _now: &Moment, (): &(), _out: &mut OutputOf<Self>) {
        let times = self.loaded.get(&()).copied().unwrap_or(0);
        self.loaded.insert((), times + 1);
    }
    fn on_request(
        &mut self,
        _now: &Moment,
        (): &(),
        token: Token,
        request: &Request,
        out: &mut OutputOf<Self>,
    ) -> Extent {
        match *request {
            Request::Set { cell, value, size_bytes } => {
                self.write(out, Record { cell, value, size_bytes });
                out.answers.push((token, Some(value)));
            }
            Request::Notice { cell, value } => {
                self.write(out, Record { cell, value, size_bytes: 10 });
                out.answers.push((token, None));
            }
            Request::Get { cell } => out.answers.push((token, self.values.get(&cell).copied())),
            Request::Park { cell } => self.parked.insert(token, cell),
            Request::Timer { at, size_bytes } => {
                self.timers.insert(MonotonicNs(at), size_bytes);
                out.answers.push((token, None));
            }
            Request::SetMany { first, last, size_bytes } => {
                let cells = first..=last;
                let is_open = |cell: &u32| self.values.get(cell).is_none();
                let room = out.batch_room_bytes / size_bytes;
                let open: Vec<u32> = cells.filter(is_open).take(room.max(1) + 1).collect();
                for cell in open.iter().take(room.max(1)) {
                    self.write(out, Record { cell: *cell, value: 1, size_bytes });
                }
                if open.len() > room.max(1) {
                    return Extent::Part;
                }
                out.answers.push((token, None));
            }
        }
        Extent::Whole
    }
    fn is_notice(request: &Request) -> bool {
        matches!(request, Request::Notice { .. })
    }
    fn on_interrupt(&mut self, _now: &Moment, (): &(), token: Token, out: &mut OutputOf<Self>) {
        if self.parked.remove(&token).is_some() {
            out.answers.push((token, None));
        }
    }
    fn on_abandon(&mut self, token: Token) {
        self.parked.remove(&token);
    }
    fn on_time(&mut self, now: &Moment, (): &(), out: &mut OutputOf<Self>) -> Progress {
        let Some((at, size_bytes)) = self.timers.entries().first_key_value().map(|(at, size)| (*at, *size))
        else {
            return Progress::Nothing;
        };
        if at > now.monotonic {
            return Progress::Nothing;
        }
        self.timers.remove(&at);
        self.write(out, Record { cell: 0, value: 99, size_bytes });
        Progress::Step
    }
    fn on_work(&mut self, _now: &Moment, (): &(), out: &mut OutputOf<Self>) -> Progress {
        let next =
            self.parked.entries().iter().find_map(|(token, cell)| Some((*token, *self.values.get(cell)?)));
        let Some((token, value)) = next else { return Progress::Nothing };
        self.parked.remove(&token);
        out.answers.push((token, Some(value)));
        Progress::Step
    }
    fn give_up_step(&mut self, now: &Moment, step: StepKind) {
        assert_eq!(step, StepKind::Time);
        self.given_up += 1;
        let at = *self.timers.entries().first_key_value().unwrap().0;
        self.timers.remove(&at);
        assert!(at <= now.monotonic);
    }
    fn next_deadline(&self) -> Option<MonotonicNs> {
        self.timers.entries().first_key_value().map(|(at, _)| *at)
    }
    fn record_size_bytes(record: &Record) -> usize {
        record.size_bytes
    }
}

const MS: u64 = 1_000_000;

fn at(ms: u64) -> Moment {
    Moment { monotonic: MonotonicNs(ms * MS), wall: TimestampMs(0), random: Uuid::ONE }
}

fn limits() -> RuntimeLimits {
    RuntimeLimits { batch_bytes_max: 1000, turn_steps_max: 10, requests_max: 20, ..RuntimeLimits::default() }
}

/// An empty log, loaded.
fn loaded() -> Runtime<Cells> {
    let mut runtime = Runtime::new(Cells::default(), limits());
    runtime.on_loaded(Offset(0), Offset(0));
    assert!(runtime.poll_append(&at(0), &()).is_none());
    runtime
}

fn set(cell: u32, value: i64) -> Request {
    Request::Set { cell, value, size_bytes: 10 }
}

fn ask(runtime: &mut Runtime<Cells>, token: u64, request: Request) {
    runtime.on_request(at(0), Token(token), request);
}

fn answers(runtime: &mut Runtime<Cells>) -> Vec<(u64, Result<Option<i64>, Refusal>)> {
    runtime.poll_answers().into_iter().map(|answered| (answered.token.0, answered.answer)).collect()
}

/// Runs one turn that must append so many records.
fn turn(runtime: &mut Runtime<Cells>, records: usize, outcome: Result<i64, ErrorCode>) {
    assert_eq!(runtime.poll_append(&at(0), &()).map(<[Record]>::len), Some(records));
    runtime.on_appended(outcome.map(Offset));
}

#[test]
fn answers_wait_until_everything_their_turn_could_see_is_committed() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, set(7, 1));
    turn(&mut runtime, 1, Ok(1));
    // A read in the next turn sees the value, so it waits as well.
    ask(&mut runtime, 2, Request::Get { cell: 7 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    assert_eq!(answers(&mut runtime), []);
    ask(&mut runtime, 3, set(7, 3));
    turn(&mut runtime, 1, Ok(2));
    runtime.on_committed(Offset(1));
    assert_eq!(answers(&mut runtime), [(1, Ok(Some(1))), (2, Ok(Some(1)))]);
    runtime.on_committed(Offset(2));
    assert_eq!(answers(&mut runtime), [(3, Ok(Some(3)))]);
    // With nothing open a read is answered at once.
    ask(&mut runtime, 4, Request::Get { cell: 7 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    assert_eq!(answers(&mut runtime), [(4, Ok(Some(3)))]);
    assert_eq!(runtime.open_count(), 0);
}

#[test]
fn a_log_that_was_not_committed_to_its_end_holds_reads_back() {
    let mut runtime = Runtime::new(Cells::default(), limits());
    runtime.replay(&Record { cell: 1, value: 5, size_bytes: 10 });
    runtime.on_loaded(Offset(8), Offset(7));
    ask(&mut runtime, 1, Request::Get { cell: 1 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    assert_eq!(answers(&mut runtime), []);
    runtime.on_committed(Offset(8));
    assert_eq!(answers(&mut runtime), [(1, Ok(Some(5)))]);
}

#[test]
fn a_failed_append_takes_back_its_turn_and_refuses_only_its_requests() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, set(1, 1));
    ask(&mut runtime, 2, Request::Park { cell: 9 });
    turn(&mut runtime, 1, Ok(1));
    // The next turn wakes the parked caller, sets a timer and reads; all of it is void.
    ask(&mut runtime, 3, set(9, 9));
    ask(&mut runtime, 4, set(1, 2));
    ask(&mut runtime, 5, Request::Timer { at: 5 * MS, size_bytes: 10 });
    ask(&mut runtime, 6, Request::Park { cell: 8 });
    turn(&mut runtime, 2, Err(ErrorCode::NotEnoughReplicas));
    let refused = Err(Refusal::NotAppended(ErrorCode::NotEnoughReplicas));
    assert_eq!(answers(&mut runtime), [(3, refused), (4, refused), (5, refused), (6, refused)]);
    assert_eq!(runtime.shard().values.entries().iter().collect::<Vec<_>>(), [(&1, &1)]);
    assert_eq!(runtime.next_deadline().map(|at| at.0), Some(5000 * MS), "of the first turn's commit");
    // The parked caller is still there, and the answer of the first turn too.
    runtime.on_committed(Offset(1));
    assert_eq!(answers(&mut runtime), [(1, Ok(Some(1)))]);
    ask(&mut runtime, 7, set(9, 10));
    runtime.poll_append(&at(1000), &()).unwrap();
    runtime.on_appended(Ok(Offset(2)));
    runtime.on_committed(Offset(2));
    assert_eq!(answers(&mut runtime), [(7, Ok(Some(10))), (2, Ok(Some(10)))]);
}

#[test]
fn a_request_that_does_not_fit_waits_for_the_next_turn_and_one_that_never_fits_is_refused_alone() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Set { cell: 1, value: 1, size_bytes: 600 });
    ask(&mut runtime, 2, Request::Set { cell: 2, value: 2, size_bytes: 600 });
    ask(&mut runtime, 3, Request::Set { cell: 3, value: 3, size_bytes: 5000 });
    ask(&mut runtime, 4, Request::Set { cell: 4, value: 4, size_bytes: 10 });
    turn(&mut runtime, 1, Ok(1));
    turn(&mut runtime, 1, Ok(2));
    turn(&mut runtime, 1, Ok(3));
    assert!(runtime.poll_append(&at(0), &()).is_none());
    runtime.on_committed(Offset(3));
    let expected = [(3, Err(Refusal::TooLarge)), (1, Ok(Some(1))), (2, Ok(Some(2))), (4, Ok(Some(4)))];
    assert_eq!(answers(&mut runtime), expected);
    assert_eq!(runtime.shard().values.get(&3), None);
}

#[test]
fn a_request_in_parts_is_answered_with_its_last_one_and_nobody_comes_in_between() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, set(100, 1));
    ask(&mut runtime, 2, Request::SetMany { first: 0, last: 24, size_bytes: 93 });
    ask(&mut runtime, 3, set(101, 1));
    turn(&mut runtime, 1, Ok(1));
    turn(&mut runtime, 10, Ok(11));
    turn(&mut runtime, 10, Ok(21));
    // What is left shares its batch with whoever comes next.
    turn(&mut runtime, 6, Ok(27));
    runtime.on_committed(Offset(26));
    assert_eq!(answers(&mut runtime), [(1, Ok(Some(1)))]);
    runtime.on_committed(Offset(27));
    assert_eq!(answers(&mut runtime), [(2, Ok(None)), (3, Ok(Some(1)))]);
}

#[test]
fn a_request_in_parts_is_refused_once_where_a_part_fails_and_can_be_made_again() {
    let mut runtime = loaded();
    let many = || Request::SetMany { first: 0, last: 24, size_bytes: 90 };
    ask(&mut runtime, 1, many());
    turn(&mut runtime, 10, Ok(10));
    turn(&mut runtime, 10, Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(answers(&mut runtime), [(1, Err(Refusal::NotAppended(ErrorCode::NotEnoughReplicas)))]);
    assert!(runtime.poll_append(&at(1000), &()).is_none(), "nobody waits for the rest");
    assert_eq!(runtime.shard().values.entries().len(), 10);
    ask(&mut runtime, 2, many());
    turn(&mut runtime, 10, Ok(20));
    // Whoever hangs up does not keep it from being done.
    runtime.on_abandon(Token(2));
    turn(&mut runtime, 5, Ok(25));
    runtime.on_committed(Offset(25));
    assert_eq!((answers(&mut runtime), runtime.shard().values.entries().len()), (Vec::new(), 25));
}

/// As `loaded`, with batches that wait 5 ms for more.
fn lingering() -> Runtime<Cells> {
    let mut runtime = Runtime::new(Cells::default(), RuntimeLimits { linger_ms: 5, ..limits() });
    runtime.on_loaded(Offset(0), Offset(0));
    assert!(runtime.poll_append(&at(0), &()).is_none());
    runtime
}

#[test]
fn a_turn_that_lingers_takes_what_comes_within_its_time() {
    let mut runtime = lingering();
    ask(&mut runtime, 1, set(1, 1));
    assert!(runtime.poll_append(&at(10), &()).is_none());
    assert_eq!(runtime.next_deadline(), Some(MonotonicNs(15 * MS)));
    ask(&mut runtime, 2, set(2, 2));
    ask(&mut runtime, 3, Request::Get { cell: 1 });
    assert!(runtime.poll_append(&at(14), &()).is_none());
    assert_eq!(answers(&mut runtime), []);
    assert_eq!(runtime.poll_append(&at(15), &()).map(<[Record]>::len), Some(2));
    runtime.on_appended(Ok(Offset(2)));
    runtime.on_committed(Offset(2));
    assert_eq!(answers(&mut runtime), [(1, Ok(Some(1))), (2, Ok(Some(2))), (3, Ok(Some(1)))]);
    assert_eq!(runtime.next_deadline(), None);
    // What writes nothing waits for nobody.
    ask(&mut runtime, 4, Request::Get { cell: 2 });
    assert!(runtime.poll_append(&at(20), &()).is_none());
    assert_eq!(answers(&mut runtime), [(4, Ok(Some(2)))]);
}

#[test]
fn a_turn_that_lingers_is_appended_when_it_is_full_and_taken_back_whole() {
    let mut runtime = lingering();
    ask(&mut runtime, 1, Request::Set { cell: 1, value: 1, size_bytes: 600 });
    assert!(runtime.poll_append(&at(10), &()).is_none());
    ask(&mut runtime, 2, Request::Set { cell: 2, value: 2, size_bytes: 600 });
    assert_eq!(runtime.poll_append(&at(11), &()).map(<[Record]>::len), Some(1));
    runtime.on_appended(Ok(Offset(1)));
    assert!(runtime.poll_append(&at(11), &()).is_none(), "the second one lingers in its own turn");
    ask(&mut runtime, 3, set(3, 3));
    assert_eq!(runtime.poll_append(&at(16), &()).map(<[Record]>::len), Some(2));
    runtime.on_appended(Err(ErrorCode::NotEnoughReplicas));
    let refused = Err(Refusal::NotAppended(ErrorCode::NotEnoughReplicas));
    assert_eq!(answers(&mut runtime), [(2, refused), (3, refused)]);
    assert_eq!(runtime.shard().values.entries().len(), 1);
}

#[test]
fn who_is_in_a_turn_that_lingers_is_refused_once_when_the_leadership_is_lost() {
    let mut runtime = lingering();
    ask(&mut runtime, 1, set(1, 1));
    assert!(runtime.poll_append(&at(10), &()).is_none());
    runtime.unload();
    assert_eq!(answers(&mut runtime), [(1, Err(Refusal::NotCoordinator))]);
    assert_eq!(runtime.next_deadline(), None);
    assert!(runtime.poll_append(&at(20), &()).is_none());
}

#[test]
fn many_requests_share_a_batch_up_to_the_limit_of_steps() {
    let mut runtime = loaded();
    (0..15).for_each(|token| ask(&mut runtime, token, set(1, 1)));
    turn(&mut runtime, 10, Ok(10));
    turn(&mut runtime, 5, Ok(15));
    assert!(runtime.poll_append(&at(0), &()).is_none());
}

#[test]
fn deadlines_are_tried_again_after_a_failed_append_but_not_at_once() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Timer { at: MS, size_bytes: 10 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    assert!(runtime.poll_append(&at(2), &()).is_some());
    runtime.on_appended(Err(ErrorCode::KafkaStorageError));
    assert!(runtime.poll_append(&at(2), &()).is_none(), "that would go on for ever");
    assert_eq!(runtime.next_deadline().map(|at| at.0), Some(502 * MS));
    assert!(runtime.poll_append(&at(502), &()).is_some());
    runtime.on_appended(Ok(Offset(1)));
    assert_eq!(runtime.next_deadline(), None);
}

#[test]
fn a_deadline_whose_records_never_fit_is_given_up() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Timer { at: MS, size_bytes: 5000 });
    assert!(runtime.poll_append(&at(2), &()).is_none());
    assert_eq!(runtime.shard().given_up, 1);
    assert_eq!(runtime.shard().values.get(&0), None);
}

#[test]
fn what_arrived_in_time_comes_before_a_deadline_that_passed_meanwhile() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Timer { at: MS, size_bytes: 10 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    ask(&mut runtime, 2, set(0, 1));
    let records = runtime.poll_append(&at(5), &()).unwrap();
    assert_eq!(records.iter().map(|record| record.value).collect::<Vec<_>>(), [1, 99]);
}

#[test]
fn everybody_is_refused_exactly_once_when_the_leadership_is_lost() {
    let mut runtime = Runtime::new(Cells::default(), limits());
    ask(&mut runtime, 1, set(1, 1));
    assert_eq!(answers(&mut runtime), [(1, Err(Refusal::Loading))]);
    runtime.on_loaded(Offset(0), Offset(0));
    ask(&mut runtime, 2, Request::Park { cell: 1 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    ask(&mut runtime, 3, set(2, 2));
    turn(&mut runtime, 1, Ok(1));
    ask(&mut runtime, 4, set(3, 3));
    assert!(runtime.poll_append(&at(0), &()).is_some());
    ask(&mut runtime, 5, set(4, 4));
    runtime.unload();
    // The append that was under way may end after that.
    runtime.on_appended(Ok(Offset(2)));
    runtime.on_committed(Offset(2));
    let refused = |token| (token, Err(Refusal::NotCoordinator));
    assert_eq!(answers(&mut runtime), [refused(2), refused(3), refused(4), refused(5)]);
    ask(&mut runtime, 6, set(1, 1));
    assert_eq!(answers(&mut runtime), [refused(6)]);
    assert!(runtime.poll_append(&at(9), &()).is_none());
    assert_eq!(runtime.next_deadline(), None);
}

#[test]
fn interrupts_and_departures_reach_parked_callers() {
    let mut runtime = loaded();
    (1..=3).for_each(|token| ask(&mut runtime, token, Request::Park { cell: 1 }));
    assert!(runtime.poll_append(&at(0), &()).is_none());
    runtime.on_interrupt(Token(1));
    runtime.on_abandon(Token(2));
    runtime.on_interrupt(Token(77));
    assert!(runtime.poll_append(&at(0), &()).is_none());
    assert_eq!(answers(&mut runtime), [(1, Ok(None))]);
    assert_eq!(runtime.shard().parked.entries().len(), 1);
    runtime.on_abandon(Token(3));
    runtime.unload();
    assert_eq!(answers(&mut runtime), [], "nobody is there any more");
}

#[test]
fn an_interrupt_whose_turn_failed_is_tried_again() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Park { cell: 1 });
    assert!(runtime.poll_append(&at(0), &()).is_none());
    runtime.on_interrupt(Token(1));
    ask(&mut runtime, 2, set(2, 2));
    turn(&mut runtime, 1, Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(answers(&mut runtime).len(), 1);
    assert_eq!(runtime.next_deadline().map(|at| at.0), Some(500 * MS));
    assert!(runtime.poll_append(&at(500), &()).is_none());
    assert_eq!(answers(&mut runtime), [(1, Ok(None))]);
}

#[test]
fn what_the_node_itself_says_is_decided_anew_after_a_failed_append() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, Request::Notice { cell: 1, value: 5 });
    turn(&mut runtime, 1, Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(answers(&mut runtime), []);
    assert_eq!(runtime.poll_append(&at(500), &()).map(<[Record]>::len), Some(1));
    runtime.on_appended(Ok(Offset(1)));
    runtime.on_committed(Offset(1));
    assert_eq!(answers(&mut runtime), [(1, Ok(None))]);
    assert_eq!(runtime.shard().values.get(&1), Some(&5));
}

#[test]
fn the_load_is_told_again_if_its_turn_failed() {
    let mut runtime = Runtime::new(Cells::default(), limits());
    runtime.on_loaded(Offset(0), Offset(0));
    ask(&mut runtime, 1, set(1, 1));
    turn(&mut runtime, 1, Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(runtime.shard().loaded.get(&()), None);
    assert!(runtime.poll_append(&at(500), &()).is_none());
    assert_eq!(runtime.shard().loaded.get(&()), Some(&1));
}

#[test]
fn who_waits_too_long_for_the_commit_is_told_so() {
    let mut runtime = loaded();
    ask(&mut runtime, 1, set(1, 1));
    turn(&mut runtime, 1, Ok(1));
    assert_eq!(runtime.next_deadline().map(|at| at.0), Some(5000 * MS));
    assert!(runtime.poll_append(&at(4999), &()).is_none());
    assert_eq!(answers(&mut runtime), []);
    assert!(runtime.poll_append(&at(5000), &()).is_none());
    assert_eq!(answers(&mut runtime), [(1, Err(Refusal::NotCommittedInTime))]);
    // It stays in the log, and may be committed yet.
    assert_eq!(runtime.shard().values.get(&1), Some(&1));
}

#[test]
fn the_number_of_callers_has_a_limit() {
    let mut runtime = loaded();
    (0..21).for_each(|token| ask(&mut runtime, token, Request::Park { cell: 1 }));
    assert_eq!(answers(&mut runtime), [(20, Err(Refusal::Busy))]);
}

#[test]
fn refusals_are_kafkas_codes() {
    let cases = [
        (Refusal::Loading, ErrorCode::CoordinatorLoadInProgress),
        (Refusal::NotCoordinator, ErrorCode::NotCoordinator),
        (Refusal::TooLarge, ErrorCode::UnknownServerError),
        (Refusal::NotCommittedInTime, ErrorCode::CoordinatorNotAvailable),
        (Refusal::NotAppended(ErrorCode::NotEnoughReplicas), ErrorCode::CoordinatorNotAvailable),
        (Refusal::NotAppended(ErrorCode::NotLeaderOrFollower), ErrorCode::NotCoordinator),
        (Refusal::NotAppended(ErrorCode::KafkaStorageError), ErrorCode::NotCoordinator),
        (Refusal::NotAppended(ErrorCode::MessageTooLarge), ErrorCode::UnknownServerError),
    ];
    for (refusal, code) in cases {
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}
