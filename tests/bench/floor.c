/* The floor: what one forwarded packet costs when nothing is decided about it. Copies a packet,
 * gives it a number and a source, protects it with libsrtp and hands it to the kernel with sendmmsg,
 * `run` equal-sized packets of one destination at a time (UDP GSO). Built and called by floor.py. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum { MESSAGES = 64, ROOM_FOR_TAG = 32, HEADER_BYTES = 12 };

/* srtp_protect of libsrtp 2. */
typedef int (*protect_function)(void *session, void *packet, int *length);

struct floor_job {
	int socket;
	protect_function protect;
	void **sessions;              /* one for each destination */
	struct sockaddr_in *addresses; /* one for each destination */
	int destinations;
	const uint8_t *packet; /* plain RTP */
	int packet_bytes;
	int run; /* packets of one destination in one message */
	double seconds;
	double period_seconds; /* from one round to the next; 0: no pause, caches stay warm */
};

struct floor_result {
	double cpu_seconds; /* of this thread, user and system */
	int64_t sent;
	int64_t refused; /* by libsrtp or by the kernel */
};

struct arena {
	uint8_t *bytes;
	int message_bytes;
	struct mmsghdr messages[MESSAGES];
	struct iovec vectors[MESSAGES];
	char control[MESSAGES][CMSG_SPACE(sizeof(uint16_t))];
};

static double clock_seconds(clockid_t clock) {
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void write_header(uint8_t *packet, uint16_t sequence, uint32_t source) {
	uint16_t wire_sequence = htons(sequence);
	uint32_t wire_source = htonl(source);
	memcpy(packet + 2, &wire_sequence, sizeof wire_sequence);
	memcpy(packet + 8, &wire_source, sizeof wire_source);
}

/* A run of protected packets, back to back; its length in bytes, or -1. */
static int build_run(const struct floor_job *job, int destination, uint16_t first, uint8_t *out,
                     int *segment_bytes) {
	int total = 0;
	for (int number = 0; number < job->run; number++) {
		int length = job->packet_bytes;
		memcpy(out + total, job->packet, (size_t)length);
		write_header(out + total, (uint16_t)(first + number), (uint32_t)destination + 1);
		if (job->protect(job->sessions[destination], out + total, &length) != 0) return -1;
		*segment_bytes = length;
		total += length;
	}
	return total;
}

static void describe(struct arena *arena, int slot, const struct floor_job *job, int destination,
                     int total, int segment_bytes) {
	struct msghdr *header = &arena->messages[slot].msg_hdr;
	memset(header, 0, sizeof *header);
	arena->vectors[slot].iov_base = arena->bytes + (size_t)slot * (size_t)arena->message_bytes;
	arena->vectors[slot].iov_len = (size_t)total;
	header->msg_iov = &arena->vectors[slot];
	header->msg_iovlen = 1;
	header->msg_name = &job->addresses[destination];
	header->msg_namelen = sizeof job->addresses[destination];
	if (job->run == 1) return;
	header->msg_control = arena->control[slot];
	header->msg_controllen = sizeof arena->control[slot];
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	control->cmsg_level = SOL_UDP;
	control->cmsg_type = UDP_SEGMENT;
	control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	uint16_t size = (uint16_t)segment_bytes;
	memcpy(CMSG_DATA(control), &size, sizeof size);
}

static void flush(struct arena *arena, int count, const struct floor_job *job,
                  struct floor_result *result) {
	int done = 0;
	while (done < count) {
		int taken = sendmmsg(job->socket, arena->messages + done, (unsigned)(count - done), 0);
		if (taken > 0) {
			result->sent += (int64_t)taken * job->run;
			done += taken;
		} else {
			result->refused += job->run;
			done += 1;
		}
	}
}

static void one_round(struct arena *arena, const struct floor_job *job, uint16_t first,
                      struct floor_result *result) {
	int waiting = 0;
	for (int destination = 0; destination < job->destinations; destination++) {
		uint8_t *out = arena->bytes + (size_t)waiting * (size_t)arena->message_bytes;
		int segment_bytes = 0;
		int total = build_run(job, destination, first, out, &segment_bytes);
		if (total < 0) {
			result->refused += job->run;
			continue;
		}
		describe(arena, waiting++, job, destination, total, segment_bytes);
		if (waiting == MESSAGES) {
			flush(arena, waiting, job, result);
			waiting = 0;
		}
	}
	flush(arena, waiting, job, result);
}

/* As packets come: the processor sleeps until the next ones. */
static void pause_until(double at) {
	double seconds = at - clock_seconds(CLOCK_MONOTONIC);
	if (seconds <= 0) return;
	struct timespec length = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	nanosleep(&length, NULL);
}

/* Rounds over all destinations until the time is over. 0, or -1 without memory. */
int floor_run(const struct floor_job *job, struct floor_result *result) {
	struct arena *arena = calloc(1, sizeof *arena);
	if (arena == NULL) return -1;
	arena->message_bytes = job->run * (job->packet_bytes + ROOM_FOR_TAG);
	arena->bytes = malloc((size_t)MESSAGES * (size_t)arena->message_bytes);
	if (arena->bytes == NULL) {
		free(arena);
		return -1;
	}
	uint16_t sequence = 1;
	double next = clock_seconds(CLOCK_MONOTONIC), ends = next + job->seconds;
	double began = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
	while (clock_seconds(CLOCK_MONOTONIC) < ends) {
		one_round(arena, job, sequence, result);
		sequence = (uint16_t)(sequence + job->run);
		next += job->period_seconds;
		pause_until(next);
	}
	result->cpu_seconds = clock_seconds(CLOCK_THREAD_CPUTIME_ID) - began;
	free(arena->bytes);
	free(arena);
	return 0;
}
