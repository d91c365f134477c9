from tests.support.engine_model.receive_stats import ReceiveStats

NTP = 0x1234_5678_9ABC_DEF0


def test_lost_packets_show_in_the_interval_and_in_total() -> None:
    stats = ReceiveStats(90_000)
    for ext_seq in (100, 101, 103, 104):
        stats.received(ext_seq, ext_seq * 3000, ext_seq / 30, is_repaired=False)
    block = stats.report(9, 10.0)
    assert (block.fraction_lost, block.packets_lost, block.highest_seq) == (256 // 5, 1, 104)
    stats.received(105, 0, 11.0, is_repaired=False)
    again = stats.report(9, 12.0)
    assert (again.fraction_lost, again.packets_lost) == (0, 1)


def test_a_repaired_packet_was_lost_all_the_same() -> None:
    stats = ReceiveStats(90_000)
    stats.received(100, 0, 0.0, is_repaired=False)
    stats.received(102, 0, 0.1, is_repaired=False)
    stats.received(101, 0, 0.2, is_repaired=True)
    assert stats.report(9, 1.0).packets_lost == 1


def test_a_doubled_packet_is_a_negative_loss() -> None:
    stats = ReceiveStats(90_000)
    for _ in range(3):
        stats.received(100, 0, 0.0, is_repaired=False)
    block = stats.report(9, 1.0)
    assert (block.packets_lost, block.fraction_lost) == (-2, 0)


def test_even_arrivals_have_no_jitter_and_uneven_ones_have() -> None:
    even, uneven = ReceiveStats(90_000), ReceiveStats(90_000)
    for number in range(100):
        even.received(number, number * 3000, number / 30, is_repaired=False)
        late = 0.02 if number % 2 else 0.0
        uneven.received(number, number * 3000, number / 30 + late, is_repaired=False)
    assert even.jitter_ticks == 0
    assert abs(uneven.jitter_ticks - 1800) < 40  # 20 ms at 90 kHz, once converged


def test_the_last_sender_report_goes_back_with_its_delay() -> None:
    stats = ReceiveStats(90_000)
    assert stats.report(9, 1.0).last_sr == 0
    stats.sender_report(NTP, 10.0)
    block = stats.report(9, 10.5)
    assert (block.last_sr, block.delay_since_last_sr) == (0x5678_9ABC, 32768)
