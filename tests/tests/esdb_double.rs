//! The double, asked by the unmodified client: what the store relies on.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use esdb_double::{Double, Fault, Operation, Settings};
use eventstore::{
    AppendToStreamOptions, BatchAppendOptions, Client, Error, EventData, ExpectedRevision, ReadAllOptions,
    ReadStreamOptions, StreamPosition, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter,
};
use uuid::Uuid;

fn client(double: &Double) -> Client {
    Client::new(double.address().parse().unwrap()).unwrap()
}

fn event(id: u128) -> EventData {
    EventData::json("thing-done", &id.to_string()).unwrap().id(Uuid::from_u128(id))
}

fn expecting(revision: ExpectedRevision) -> AppendToStreamOptions {
    AppendToStreamOptions::default().expected_revision(revision)
}

#[tokio::test]
async fn it_keeps_the_rules_of_an_append() {
    let double = Double::start(Settings::default()).await.unwrap();
    let client = client(&double);
    let append = |revision, ids: &[u128]| {
        let (client, options) = (client.clone(), expecting(revision));
        let events: Vec<_> = ids.iter().map(|id| event(*id)).collect();
        async move { client.append_to_stream("a", &options, events).await }
    };
    let first = append(ExpectedRevision::NoStream, &[1, 2]).await.unwrap();
    assert_eq!(first.next_expected_version, 1);
    let second = append(ExpectedRevision::Exact(1), &[3]).await.unwrap();
    assert!(second.position > first.position);
    // the same again: the first answer; another content under the same ids, too, for the server does not look at it
    assert_eq!(append(ExpectedRevision::NoStream, &[1, 2]).await.unwrap().position, first.position);
    assert_eq!(append(ExpectedRevision::Exact(0), &[2]).await.unwrap().next_expected_version, 1);
    for (revision, ids) in [
        (ExpectedRevision::NoStream, &[9_u128][..]),
        (ExpectedRevision::Exact(7), &[9]),
        (ExpectedRevision::Exact(0), &[2, 9]),
        (ExpectedRevision::Exact(0), &[2, 3, 4]),
    ] {
        let error = append(revision, ids).await.unwrap_err();
        assert!(matches!(error, Error::WrongExpectedVersion { .. }), "{error}");
    }
    let mut read = client.read_stream("a", &ReadStreamOptions::default()).await.unwrap();
    let mut ids = Vec::new();
    while let Some(event) = read.next().await.unwrap() {
        ids.push(event.get_original_event().id.as_u128());
    }
    assert_eq!(ids, [1, 2, 3]);
    let missing = client.read_stream("b", &ReadStreamOptions::default()).await.unwrap().next().await;
    assert!(matches!(missing, Err(Error::ResourceNotFound)));
    let large = EventData::binary("large", vec![0; 1024 * 1024].into());
    let error = client.append_to_stream("c", &expecting(ExpectedRevision::NoStream), large).await.unwrap_err();
    assert!(error.to_string().contains("Maximum Append Size"), "{error}");
}

#[tokio::test]
async fn reads_include_their_position_and_subscriptions_do_not() {
    let double = Double::start(Settings::default()).await.unwrap();
    let client = client(&double);
    for id in 0..120_u128 {
        let stream = format!("{}-{}", ["a", "b"][usize::try_from(id % 2).unwrap()], id % 7);
        client.append_to_stream(stream, &expecting(ExpectedRevision::Any), event(id)).await.unwrap();
    }
    let mut all = Vec::new();
    let mut read = client.read_all(&ReadAllOptions::default().position(StreamPosition::Start)).await.unwrap();
    while let Some(event) = read.next().await.unwrap() {
        let event = event.event.unwrap();
        all.push((event.position, event.stream_id));
    }
    assert!(all.len() > 120 && all[0].1.starts_with('$'), "events of the server's own are among them");
    assert!(all.is_sorted_by(|one, next| one.0 < next.0));
    let (from, _) = all[10];
    let options = ReadAllOptions::default().position(StreamPosition::Position(from)).max_count(1);
    let read = client.read_all(&options).await.unwrap().next().await.unwrap().unwrap();
    assert_eq!(read.get_original_event().position, from);
    let options = SubscribeToAllOptions::default()
        .position(StreamPosition::Position(from))
        .filter(SubscriptionFilter::on_stream_name().add_prefix("a-"));
    let mut subscription = client.subscribe_to_all(&options).await;
    let mut seen = Vec::new();
    loop {
        match subscription.next_subscription_event().await.unwrap() {
            SubscriptionEvent::EventAppeared(event) => seen.push(event.get_original_event().position),
            SubscriptionEvent::CaughtUp => break,
            _ => {}
        }
    }
    let expected: Vec<_> =
        all.iter().filter(|(at, name)| *at > from && name.starts_with("a-")).map(|(at, _)| *at).collect();
    assert_eq!(seen, expected);
    // live
    client.append_to_stream("a-new", &expecting(ExpectedRevision::NoStream), event(999)).await.unwrap();
    assert_eq!(subscription.next().await.unwrap().get_original_event().id.as_u128(), 999);
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_one_refusal_ends_the_clients_part_of_it() {
    let double = Double::start(Settings::default()).await.unwrap();
    let client = client(&double);
    let batch = client.batch_append(&BatchAppendOptions::default()).await.unwrap();
    let done = batch.append_to_stream("a", ExpectedRevision::NoStream, vec![event(1), event(2)]).await.unwrap();
    assert_eq!(done.current_revision(), Some(1));
    let refused = batch.append_to_stream("a", ExpectedRevision::NoStream, vec![event(3)]).await.unwrap_err();
    assert!(refused.to_string().contains("WrongExpectedVersion"), "{refused}");
    let after = batch.append_to_stream("b", ExpectedRevision::NoStream, vec![event(4)]).await;
    assert!(after.is_err(), "the client has repaired its batch: the writer need not open a new lane after a refusal");
}

#[tokio::test]
async fn only_the_leader_writes() {
    let double = Double::start(Settings { nodes: 3, ..Settings::default() }).await.unwrap();
    let client = client(&double);
    let options = expecting(ExpectedRevision::Any);
    client.append_to_stream("a", &options, event(1)).await.unwrap();
    double.lead(2);
    let error = client.append_to_stream("a", &options, event(2)).await.unwrap_err();
    assert!(matches!(error, Error::NotLeaderException(_)), "{error}");
    // it was told where the leader is
    client.append_to_stream("a", &options, event(2)).await.unwrap();
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let double = Double::start(Settings::default()).await.unwrap();
    let client = client(&double);
    let options = expecting(ExpectedRevision::NoStream);
    double.faults().set(|operation, _| (operation == Operation::Append).then_some(Fault::AnswerLost));
    assert!(client.append_to_stream("a", &options, event(1)).await.is_err());
    double.faults().set(|operation, _| (operation == Operation::Append).then_some(Fault::Unavailable));
    assert!(client.append_to_stream("b", &options, event(1)).await.is_err());
    assert_eq!(double.faults().injected(), 2);
    double.faults().clear();
    let fresh = Client::new(double.address().parse().unwrap()).unwrap();
    let mut stored = fresh.read_stream("a", &ReadStreamOptions::default()).await.unwrap();
    assert!(stored.next().await.unwrap().is_some(), "the answer was lost, not the event");
    let mut not_stored = fresh.read_stream("b", &ReadStreamOptions::default()).await.unwrap();
    assert!(not_stored.next().await.is_err());
}
