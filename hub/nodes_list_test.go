package hub

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"wschat/hub/loop"
)

// RunOnNodes runs the black-box tests of the chat with their users spread over
// three nodes.
func RunOnNodes(t *testing.T) {
	for _, test := range []func(*testing.T){
		TestForbiddenGroups,
		TestNoGroupsAtAll,
		TestMembershipFromBefore,
		TestPresenceInForbiddenGroup,
		TestRepeatedSend,
		TestLiveMessagesDuringCatchUp,
		TestCatchUpOfTwoConnections,
		TestTooSlowToCatchUp,
		TestConcurrentOrder,
		TestConcurrentLogins,
		TestJSONRequests,
		TestWelcome,
		TestJSONHistory,
		TestJSONHistoryOfPair,
		TestLineAndJSON,
		TestBinaryToJSON,
		TestPrivateCopies,
		TestJSONDoesNotUseUpWaiting,
		TestJoinedAndLeft,
		TestOnlineAndOffline,
		TestJSONGroupLimit,
		TestLoginAndExitNotices,
		TestLoginMessageDoesNothing,
		TestExitIsToldOnce,
		TestSeveralConnections,
		TestGivenIDs,
		TestUsersAndGroups,
		TestKick,
		TestKickWhileEntering,
		TestBan,
		TestPublish,
		TestPresenceGroup,
		TestPresenceNone,
		TestJoinAndLeave,
		TestTooManyGroups,
		TestWho,
		TestWhoManyUsers,
		TestHistory,
		TestHistoryLimit,
		TestSendPrivate,
		testMixedCrowd,
		TestSendToAll,
		TestSendToGroup,
		TestSendBinary,
		TestSendKeepsTheBody,
		TestSingle,
		TestSingleRace,
		TestWaitingMessages,
		TestGroupAndAllDoNotWait,
		TestWaitingOutlivesABrokenCatchUp,
		TestUnwrittenLiveMessageWaits,
	} {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		t.Run(name[strings.LastIndex(name, ".")+1:], test)
	}
}

func testMixedCrowd(t *testing.T) { mixedCrowd(t, start(t, loop.Config{Loops: 2}, silent)) }
