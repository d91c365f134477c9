#include "hold.h"

#include "instant.h"

#define MOST_US 8000 /* from a packet's arrival until its last viewer has it */
#define QUIET_LOAD 0.02 /* some twenty viewers: they wait for nothing */
#define FULL_LOAD 0.20 /* some two hundred: the longest wait */
#define LONG_ROUND_US 100
#define LOAD_WEIGHT (1.0 / 16)
#define COST_SHIFT 2

static int64_t wanted_us(const Hold *hold) {
    if (hold->load < QUIET_LOAD) return 0;
    double share = hold->load / FULL_LOAD;
    int64_t us = (int64_t)(MOST_US * (share < 1 ? share : 1));
    int64_t left_us = MOST_US - hold->cost_us;
    if (us > left_us) us = left_us;
    return us > 0 ? us : 0;
}

void hold_note_load(Hold *hold, int64_t worked_us, int64_t elapsed_us) {
    double load = elapsed_us > 0 ? (double)worked_us / (double)elapsed_us : 0;
    hold->load += (load - hold->load) * LOAD_WEIGHT;
    hold->us = wanted_us(hold);
}

void hold_note_round(Hold *hold, int64_t cost_us) {
    if (cost_us >= LONG_ROUND_US) hold->cost_us += (cost_us - hold->cost_us) >> COST_SHIFT;
}

bool hold_is_over(const Hold *hold, const Burst *burst, int64_t now_us) {
    if (!hold->us || burst->packets[burst->count - 1]->is_marked) return true;
    return now_us - burst->packets[0]->arrival_us >= hold->us;
}
